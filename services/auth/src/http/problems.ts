/**
 * Maps failures of use cases and ports to problem responses (RFC 9457). Their status codes and texts are
 * defined here only.
 */
import {
  createRateLimitProblem,
  createUnavailableProblem,
  type FieldError,
  Problem,
  type ProblemSpec,
  standardProblems,
} from '@latchkey/http';
import { StoreUnavailable } from '@latchkey/store';
import { accountNotVerifiedRefusal, invalidTokenDetails } from '@latchkey/tokens';
import { z } from 'zod';
import { MAX_PASSWORD_LENGTH, type PasswordFault, type PasswordRules } from '../passwords/rules.ts';
import { UnreadableCommit } from '../ports/journal.ts';
import { SentMailsUnavailable } from '../ports/mails.ts';
import { type Refusal, Refused } from '../refused.ts';
import { passwordTextSchema } from './schemas.ts';

/** The problem to respond with for each kind of refusal. A missing kind is a compile-time error. */
export const refusalProblemSpecs = {
  account_disabled: { code: 'account_disabled', status: 403, title: 'Account Disabled' },
  account_not_verified: accountNotVerifiedRefusal,
  conflict: standardProblems.conflict,
  current_password_incorrect: {
    code: 'current_password_incorrect',
    status: 400,
    title: 'Current Password Incorrect',
  },
  email_change_recent: {
    code: 'email_change_recent',
    status: 409,
    title: 'Email Changed Recently',
    resolution: 'Undo the last change with the link that its previous address got, or wait 7 days',
  },
  email_unchanged: { code: 'email_unchanged', status: 400, title: 'Email Unchanged' },
  email_already_registered: {
    code: 'email_already_registered',
    status: 409,
    title: 'Email Already Registered',
    resolution: 'Sign in, or reset the password',
  },
  idempotency_key_reused: {
    code: 'idempotency_key_reused',
    status: 422,
    title: 'Idempotency Key Reused',
    resolution: 'Send each new request with a new Idempotency-Key',
  },
  invalid_credentials: { code: 'invalid_credentials', status: 401, title: 'Invalid Credentials' },
  last_admin: {
    code: 'last_admin',
    status: 409,
    title: 'Last Admin',
    resolution: 'Make another account an admin first',
  },
  not_found: standardProblems.not_found,
  overloaded: standardProblems.unavailable,
  own_account: { code: 'own_account', status: 409, title: 'Own Account', resolution: 'Ask another admin' },
  password_incorrect: { code: 'password_incorrect', status: 400, title: 'Incorrect Password' },
  password_required: {
    code: 'password_required',
    status: 400,
    title: 'Password Required',
    resolution: 'Send the password of the account, an access token of it, or, for a sign-up, a new password',
  },
  password_too_weak: { code: 'password_too_weak', status: 400, title: 'Password Too Weak' },
  passwords_do_not_match: { code: 'passwords_do_not_match', status: 400, title: 'Passwords Do Not Match' },
  rate_limited: standardProblems.rate_limited,
  refresh_token_invalid: { code: 'refresh_token_invalid', status: 401, title: 'Invalid Refresh Token' },
  session_not_found: standardProblems.not_found,
  token_expired: { code: 'token_expired', status: 400, title: 'Token Expired' },
  token_invalid: { code: 'token_invalid', status: 400, title: 'Invalid Token' },
  unauthenticated: standardProblems.unauthenticated,
} as const satisfies Record<Refusal['kind'], ProblemSpec>;

/**
 * The detail text of the problem for each refusal. The texts do not reveal why credentials or a token were
 * refused.
 */
export const refusalDetailTexts = {
  account_disabled: 'This account has been disabled.',
  account_not_verified: accountNotVerifiedRefusal.title,
  conflict: 'The account is not in a state that allows this, or it was changed at the same time. Try again.',
  current_password_incorrect: 'Incorrect password.',
  email_change_recent: 'The address was changed in the last 7 days, and that can still be undone.',
  email_unchanged: 'This is already the address of the account.',
  email_already_registered: 'An account with this email address already exists.',
  idempotency_key_reused: 'This Idempotency-Key was sent with another body.',
  invalid_credentials: 'Incorrect email address or password.',
  last_admin: 'This is the last admin: without one, nobody could administer accounts.',
  not_found: 'There is no such account.',
  overloaded: 'Too many passwords are being checked right now. Try again.',
  own_account: 'Admins cannot do this to their own account.',
  password_incorrect: 'Incorrect password.',
  password_required:
    'The link alone is not enough: it also needs the password of the account, an access token of it, or, for a sign-up, a new password.',
  passwords_do_not_match: 'The passwords do not match.',
  refresh_token_invalid: 'The refresh token is invalid or has expired. Sign in again.',
  session_not_found: 'There is no such session.',
  token_expired: 'This link has expired. Request a new one.',
  token_invalid: 'This link is invalid or has expired. Request a new one.',
} as const satisfies Record<
  Exclude<Refusal['kind'], 'password_too_weak' | 'rate_limited' | 'unauthenticated'>,
  string
>;

/** The text about each rule for passwords; it completes the sentence "The password …". */
export const passwordFaultTexts: Readonly<Record<PasswordFault, string>> = {
  too_short: 'must have at least {min} characters',
  too_long: `must have at most ${MAX_PASSWORD_LENGTH} characters`,
  own_words:
    'must not be made of the email address, the username, a name or the name of this service; a few unrelated words are better',
  common: 'must not be, or resemble, one of the most common passwords; a few unrelated words are better',
  repeated: 'must not repeat the same characters or words; a few unrelated words are better',
  sequence: 'must not be a sequence, such as abcd, 1234, qwerty or a date; a few unrelated words are better',
  guessable: 'is easy to guess; make it longer, such as by another unrelated word',
  breached: 'is known from a data breach; choose one that was never used elsewhere',
};

/** The detail texts of 503 responses, by what is unavailable. */
export const unavailableDetailTexts = {
  store: 'Accounts cannot be reached. Try again.',
  mails: 'The mails of the account cannot be reached. Try again.',
  unreadable: 'This account cannot be read at present.',
} as const;

/**
 * The Retry-After header of each kind of 503 response, in seconds. `unavailable`: a store is down, and
 * usually recovers within moments. `unreadable`: an event was written by a newer release, and cannot be read
 * until this process is upgraded.
 */
const RETRY_SECONDS = { unavailable: 1, unreadable: 60 };

/**
 * Returns the problem to respond with after a failure of a use case or a port; undefined if the failure is a
 * bug.
 */
export function toProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof Refused) return refusalProblem(error.refusal);
  if (error instanceof StoreUnavailable)
    return createUnavailableProblem(unavailableDetailTexts.store, RETRY_SECONDS.unavailable, error);
  if (error instanceof SentMailsUnavailable)
    return createUnavailableProblem(unavailableDetailTexts.mails, RETRY_SECONDS.unavailable, error);
  if (error instanceof UnreadableCommit)
    return createUnavailableProblem(unavailableDetailTexts.unreadable, RETRY_SECONDS.unreadable, error);
  return undefined;
}

/**
 * Runs `work`, and converts its failures to problems.
 * @throws Problem; errors that map to no problem are rethrown
 */
export async function mapFailuresToProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toProblem(error) ?? error;
  }
}

function refusalProblem(refusal: Refusal): Problem {
  switch (refusal.kind) {
    case 'rate_limited':
      return createRateLimitProblem(refusal.seconds);
    case 'overloaded':
      return createUnavailableProblem(refusalDetailTexts.overloaded, refusal.seconds);
    case 'unauthenticated':
      return new Problem(refusalProblemSpecs.unauthenticated, invalidTokenDetails);
    case 'password_too_weak': {
      const error = weakPassword(refusal);
      return new Problem(refusalProblemSpecs.password_too_weak, {
        detail: `The password ${error.message}.`,
        errors: [error],
      });
    }
    default: {
      const { kind } = refusal;
      const errors = fieldsOf(kind, refusalDetailTexts[kind]);
      return new Problem(refusalProblemSpecs[kind], {
        detail: refusalDetailTexts[kind],
        ...(errors && { errors }),
      });
    }
  }
}

type WeakPassword = Pick<Extract<Refusal, { kind: 'password_too_weak' }>, 'field' | 'fault' | 'minLength'>;

function weakPassword({ field, fault, minLength }: WeakPassword): FieldError {
  const message = passwordFaultTexts[fault].replace('{min}', String(minLength));
  return { pointer: `#/${field}`, code: fault, message };
}

/**
 * The JSON pointer to the field of the body that caused each kind of refusal. Weak passwords are handled
 * separately.
 */
const pointers: Readonly<Partial<Record<Refusal['kind'], string>>> = {
  current_password_incorrect: '#/currentPassword',
  email_unchanged: '#/newEmail',
  password_incorrect: '#/password',
  passwords_do_not_match: '#/confirmNewPassword',
};

function fieldsOf(kind: Refusal['kind'], message: string): readonly FieldError[] | undefined {
  const pointer = pointers[kind];
  return pointer === undefined ? undefined : [{ pointer, code: kind, message }];
}

/**
 * Creates a function that checks the new password in a request body that is invalid for another reason, so
 * that the response reports all errors of the body together. The function checks only the length. Checking
 * the other password rules takes milliseconds, and requests with invalid bodies are not rate limited, so
 * clients could overload the process.
 */
export function createPasswordLengthCheck(
  rules: PasswordRules,
  field: 'password' | 'newPassword',
): (body: unknown) => readonly FieldError[] {
  return (body) => {
    const { [field]: password } = readable.catch({}).parse(body);
    if (!passwordTextSchema.safeParse(password).success) return [];
    const fault = rules.lengthFault(String(password));
    return fault === undefined ? [] : [weakPassword({ field, fault, minLength: rules.minLength })];
  };
}

const readable = z.record(z.string(), z.unknown());
