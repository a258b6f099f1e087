/** Converts accounts to the form in which responses show them. */
import { role } from '@latchkey/events';
import type { RouteResponseSpec } from '@latchkey/http';
import { ACCOUNT_SEQUENCE_HEADER } from '@latchkey/tokens';
import { z } from 'zod';
import { type AccountState, requireExistingAccount, toAccountProfile } from '../account/index.ts';
import { localeTagSchema, personNameSchema, usernameSchema } from './schemas.ts';

export const messageSchema = z.object({ message: z.string() }).meta({ id: 'Message' });

const accountFields = z.object({
  id: z.uuid(),
  email: z.string(),
  username: z.string(),
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
  role,
  isVerified: z.boolean(),
  locale: z.string(),
  disabled: z.boolean(),
});

/** The schema of an account as its owner and admins see it. */
export const accountSchema = accountFields.meta({ id: 'Account' });

export function toAccountView(state: AccountState): z.infer<typeof accountSchema> {
  return toAccountProfile(requireExistingAccount(state));
}

/** The schema of the account in the response to a sign-in. */
export const signedInAccountSchema = accountFields
  .pick({ id: true, email: true, username: true, role: true, isVerified: true })
  .meta({ id: 'SignedIn' });

export function toSignedInAccountView(state: AccountState): z.infer<typeof signedInAccountSchema> {
  const { id, email, username: name, role: is, isVerified } = toAccountView(state);
  return { id, email, username: name, role: is, isVerified };
}

export const profileFieldSchemas = {
  username: usernameSchema,
  firstName: personNameSchema,
  lastName: personNameSchema,
  locale: localeTagSchema,
};

/**
 * Returns the header `Account-Sequence`, which contains the last sequence of an account after a change. Once
 * a read model has reached this sequence, it shows the change.
 */
export function createAccountSequenceHeader(state: AccountState) {
  const { userId, sequence } = requireExistingAccount(state);
  return {
    [ACCOUNT_SEQUENCE_HEADER]: `${userId}:${sequence}`,
  };
}

/** Describes a response, for the OpenAPI document, that has the header with the account's sequence. */
export function createResponseSpecWithAccountSequence(
  description: string,
  schema?: z.ZodType,
): RouteResponseSpec {
  return {
    description,
    headers: [ACCOUNT_SEQUENCE_HEADER],
    ...(schema && { schema }),
  };
}

/**
 * Describes the response to a POST to the URL of a link: a client app gets JSON, a form gets an HTML page.
 */
export function createJsonOrPageResponseSpec(description: string): RouteResponseSpec {
  return {
    ...createResponseSpecWithAccountSequence(description, messageSchema),
    media: ['text/html'],
  };
}
