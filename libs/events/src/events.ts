/**
 * Every event of Latchkey, its current version, and what it carries.
 *
 * All personal data of an event stands under `data.person` and nowhere else; `person` is `null` once it has
 * been erased, and every consumer must accept that. No secret is ever part of an event: a one-time token
 * travels sealed (JWE) to the notifier alone.
 */
import { z } from 'zod';

export const ACCOUNTS_TOPIC = 'accounts.events.v1';
export const MAILINGS_TOPIC = 'mailings.events.v1';
export type TopicName = typeof ACCOUNTS_TOPIC | typeof MAILINGS_TOPIC;

/** An RFC 3339 instant in UTC, as `Date.prototype.toISOString` writes it. */
export const instant = z.iso.datetime();
const id = z.uuid();

export const role = z.enum(['user', 'admin']);
export type Role = z.infer<typeof role>;

/** A BCP 47 language tag. */
export const locale = z.string().min(2).max(35);

/** A one-time token only the notifier can open, and the instant at which it stops working. */
export const sealedToken = z.object({ sealed: z.string().min(1), expiresAt: instant });
export type SealedToken = z.infer<typeof sealedToken>;

export const linkPurpose = z.enum(['verification', 'reset']);
export type LinkPurpose = z.infer<typeof linkPurpose>;

/**
 * What is sealed: compact JWE (ECDH-ES over X25519, A256GCM, `kid` = the key's RFC 7638 thumbprint) of this
 * JSON. The notifier sends to `to` alone and refuses what does not match the event around it.
 */
export const sealedContent = z.object({
  token: z.string().length(64),
  to: z.string(),
  purpose: linkPurpose,
  userId: id,
  expiresAt: instant,
});
export type SealedContent = z.infer<typeof sealedContent>;

/** Marks a schema, with all that stands beneath it, as personal data, and lets it be `null` (erased). */
function person<Shape extends z.ZodRawShape>(shape: Shape) {
  return z
    .object(shape)
    .nullable()
    .meta({ 'x-personal': true, description: 'Personal data; null once erased.' });
}

const recipient = person({ email: z.string(), username: z.string() });

const schemas = {
  UserRegistered: z
    .object({
      userId: id,
      role,
      locale,
      person: person({
        email: z.string(),
        username: z.string(),
        firstName: z.string().optional(),
        lastName: z.string().optional(),
      }),
      verification: sealedToken.optional(),
    })
    .describe(
      'Somebody signed up: a new account, unverified. Without `verification` the address is proven by another account.',
    ),
  VerificationRequested: z
    .object({ userId: id, locale, person: recipient, verification: sealedToken.optional() })
    .describe('A new verification link was asked for; it replaces the older ones.'),
  AccountVerified: z
    .object({ userId: id, locale, person: recipient })
    .describe('The owner of the mailbox has proven the address of this account.'),
  RegistrationEnded: z
    .object({ userId: id, reason: z.enum(['expired', 'rejected', 'superseded']) })
    .describe('The account was never verified and is over for good.'),
  PasswordResetRequested: z
    .object({
      userId: id,
      locale,
      person: recipient,
      reset: sealedToken.optional(),
      verifies: z.boolean(),
    })
    .describe(
      'A reset link was asked for. Completing it also verifies the account where `verifies` is true.',
    ),
  PasswordChanged: z
    .object({
      userId: id,
      how: z.enum(['reset', 'change', 'first']),
      locale,
      person: recipient,
    })
    .describe('The account has a new password; every open link of it is dead.'),
  ProfileChanged: z
    .object({
      userId: id,
      locale: locale.optional(),
      person: person({
        username: z.string().optional(),
        firstName: z.string().optional(),
        lastName: z.string().optional(),
      }),
    })
    .describe('Names or locale were changed; what did not change is absent.'),
  RoleChanged: z
    .object({ userId: id, role, previousRole: role, changedBy: z.string(), locale, person: recipient })
    .describe('An admin gave the account another role.'),
  AccountDisabled: z
    .object({ userId: id, changedBy: z.string(), person: person({ reason: z.string().optional() }) })
    .describe('An admin closed the account to its holder, until it is enabled.'),
  AccountEnabled: z
    .object({ userId: id, changedBy: z.string(), person: person({ reason: z.string().optional() }) })
    .describe('An admin opened a disabled account again.'),
  SessionsRevoked: z
    .object({
      userId: id,
      reason: z.enum([
        'logout-all',
        'password-changed',
        'refresh-reuse',
        'role-changed',
        'disabled',
        'ended',
        'admin',
      ]),
    })
    .describe('Access tokens whose `seq` is lower than the sequence of this event are dead.'),
  MailRequested: z
    .object({
      mailingId: id,
      template: z.enum(['welcome']),
      requestedBy: id,
      person: person({ recipients: z.array(z.string()).min(1).max(100) }),
    })
    .describe('An admin asked for a mail to each of these recipients.'),
} as const;

export type EventType = keyof typeof schemas;
export type DataOf<T extends EventType> = z.infer<(typeof schemas)[T]>;

/** Where and in which version each event is published, and the schema of that version's data. */
export interface EventContract<T extends EventType = EventType> {
  readonly type: T;
  /** The current one. */
  readonly version: number;
  readonly topic: TopicName;
  /** The field of the data that repeats the envelope's subject. */
  readonly subjectField: 'userId' | 'mailingId';
  readonly schema: (typeof schemas)[T];
}

function contract<T extends EventType>(type: T, version = 1): EventContract<T> {
  return {
    type,
    version,
    ...(type === 'MailRequested'
      ? { topic: MAILINGS_TOPIC, subjectField: 'mailingId' }
      : { topic: ACCOUNTS_TOPIC, subjectField: 'userId' }),
    schema: schemas[type],
  };
}

export const catalogue: { readonly [T in EventType]: EventContract<T> } = {
  UserRegistered: contract('UserRegistered'),
  VerificationRequested: contract('VerificationRequested'),
  AccountVerified: contract('AccountVerified'),
  RegistrationEnded: contract('RegistrationEnded'),
  PasswordResetRequested: contract('PasswordResetRequested'),
  PasswordChanged: contract('PasswordChanged'),
  ProfileChanged: contract('ProfileChanged'),
  RoleChanged: contract('RoleChanged'),
  AccountDisabled: contract('AccountDisabled'),
  AccountEnabled: contract('AccountEnabled'),
  SessionsRevoked: contract('SessionsRevoked'),
  MailRequested: contract('MailRequested'),
};

/** Whether a text names an event of the catalogue. */
export function isEventType(text: string): text is EventType {
  return Object.hasOwn(catalogue, text);
}

/** Every event type, in the order of the catalogue. */
export const eventTypes: readonly EventType[] = Object.keys(catalogue).filter(isEventType);

/** What an event says about itself; fixed when it is appended to the journal, the same for ever after. */
export interface Envelope {
  /** UUIDv7. */
  readonly id: string;
  /** Account id, or mailing id for mailings: the stream, and the key on the topic. */
  readonly subject: string;
  /** From 1, without gaps, per subject. */
  readonly sequence: number;
  /** RFC 3339, UTC. */
  readonly time: string;
  /** The request that led to the event (`X-Request-Id`). */
  readonly correlationId: string;
  /** The command that led to the event. */
  readonly causationId: string;
  /** W3C trace context, where the request had one. */
  readonly traceparent?: string;
}

export type EventOf<T extends EventType> = Envelope & { readonly type: T; readonly data: DataOf<T> };
export type LatchkeyEvent = { [T in EventType]: EventOf<T> }[EventType];
