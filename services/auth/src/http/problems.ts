/** Failures of the inner rooms as problems: the only place that knows their statuses and sentences. */
import { Problem, type ProblemSpec, problems, rateLimited, unavailable } from '@latchkey/http';
import { StoreUnavailable } from '@latchkey/store';
import { accountNotVerified } from '@latchkey/tokens';
import { PASSWORD_LENGTH, type PasswordFault } from '../passwords/rules.ts';
import { UnreadableCommit } from '../ports/journal.ts';
import { type Refusal, Refused } from '../refused.ts';

/** A refusal without an entry does not compile. */
export const refusals = {
  account_disabled: { code: 'account_disabled', status: 403, title: 'Account Disabled' },
  account_not_verified: accountNotVerified,
  conflict: problems.conflict,
  current_password_incorrect: {
    code: 'current_password_incorrect',
    status: 400,
    title: 'Current Password Incorrect',
  },
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
  not_found: problems.not_found,
  overloaded: problems.unavailable,
  own_account: { code: 'own_account', status: 409, title: 'Own Account', resolution: 'Ask another admin' },
  password_required: {
    code: 'password_required',
    status: 400,
    title: 'Password Required',
    resolution: 'Send the password of this sign-up, an access token of it, or a new password',
  },
  password_too_weak: { code: 'password_too_weak', status: 400, title: 'Password Too Weak' },
  passwords_do_not_match: { code: 'passwords_do_not_match', status: 400, title: 'Passwords Do Not Match' },
  rate_limited: problems.rate_limited,
  refresh_token_invalid: { code: 'refresh_token_invalid', status: 401, title: 'Invalid Refresh Token' },
  session_not_found: problems.not_found,
  token_expired: { code: 'token_expired', status: 400, title: 'Token Expired' },
  token_invalid: { code: 'token_invalid', status: 400, title: 'Invalid Token' },
} as const satisfies Record<Refusal['kind'], ProblemSpec>;

/** One text for every reason where the reason must not be revealed: credentials and refresh tokens. */
const details = {
  account_disabled: 'This account has been disabled.',
  account_not_verified: accountNotVerified.title,
  conflict: 'The account is not in a state that allows this, or it was changed at the same time. Try again.',
  current_password_incorrect: 'Incorrect password.',
  email_already_registered: 'An account with this email address already exists.',
  idempotency_key_reused: 'This Idempotency-Key was sent with another body.',
  invalid_credentials: 'Incorrect email address or password.',
  not_found: 'There is no such account.',
  overloaded: 'Too many passwords are being checked right now. Try again.',
  own_account: 'Admins cannot do this to their own account.',
  password_required:
    'The link alone does not verify an account: it also needs the password of the sign-up, or a new one.',
  passwords_do_not_match: 'The passwords do not match.',
  refresh_token_invalid: 'The refresh token is invalid or has expired. Sign in again.',
  session_not_found: 'There is no such session.',
  token_expired: 'This link has expired. Request a new one.',
  token_invalid: 'This link is invalid or has expired. Request a new one.',
} as const satisfies Record<Exclude<Refusal['kind'], 'password_too_weak' | 'rate_limited'>, string>;

const passwordFaults: Readonly<Record<PasswordFault, string>> = {
  too_short: `must have at least ${PASSWORD_LENGTH.min} characters`,
  too_long: `must have at most ${PASSWORD_LENGTH.max} characters`,
  own_words: 'must be neither the email address nor the username',
  common: 'must not be one of the most common passwords',
};

/** Stores recover within moments; events of a newer release are readable once this process is replaced. */
const RETRY_SECONDS = { unavailable: 1, unreadable: 60 };

/** The problem that a failure is answered with; undefined for a bug. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof Refused) return refusalProblem(error.refusal);
  if (error instanceof StoreUnavailable)
    return unavailable('Accounts cannot be reached. Try again.', RETRY_SECONDS.unavailable, error);
  if (error instanceof UnreadableCommit)
    return unavailable('This account cannot be read at present.', RETRY_SECONDS.unreadable, error);
  return undefined;
}

/** @throws Problem where the work fails as a problem can say; other errors unchanged */
export async function answerFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw problemOf(error) ?? error;
  }
}

function refusalProblem(refusal: Refusal): Problem {
  switch (refusal.kind) {
    case 'rate_limited':
      return rateLimited(refusal.seconds);
    case 'overloaded':
      return unavailable(details.overloaded, refusal.seconds);
    case 'password_too_weak': {
      const message = passwordFaults[refusal.fault];
      const errors = [{ pointer: `#/${refusal.field}`, code: refusal.fault, message }];
      return new Problem(refusals.password_too_weak, { detail: `The password ${message}.`, errors });
    }
    default:
      return new Problem(refusals[refusal.kind], { detail: details[refusal.kind] });
  }
}
