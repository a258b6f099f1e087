/** What auth refuses, over HTTP. A refusal without a status does not compile. */
import { Problem, type ProblemSpec, problems } from '@latchkey/http';
import { accountNotVerified } from '@latchkey/tokens';
import type { RefusalKind } from '../account/index.ts';

export const refusals = {
  token_invalid: { code: 'token_invalid', status: 400, title: 'Invalid token' },
  token_expired: { code: 'token_expired', status: 400, title: 'Token has expired' },
  password_required: {
    code: 'password_required',
    status: 400,
    title: 'Password Required',
    resolution: 'Send the password of the sign-up that this link belongs to',
  },
  current_password_incorrect: {
    code: 'current_password_incorrect',
    status: 400,
    title: 'Current Password Incorrect',
  },
  account_not_verified: accountNotVerified,
  own_account: {
    code: 'own_account',
    status: 409,
    title: 'Own Account',
    resolution: 'Ask another admin',
  },
  not_found: problems.not_found,
  conflict: problems.conflict,
} as const satisfies Record<RefusalKind, ProblemSpec>;

/** Refusals that are decided before there is an account to ask. */
export const authProblems = {
  passwords_do_not_match: {
    code: 'passwords_do_not_match',
    status: 400,
    title: 'Passwords do not match',
  },
  password_too_weak: { code: 'password_too_weak', status: 400, title: 'Password Too Weak' },
  invalid_credentials: { code: 'invalid_credentials', status: 401, title: 'Invalid Credentials' },
  refresh_token_invalid: { code: 'refresh_token_invalid', status: 401, title: 'Invalid Refresh Token' },
  account_disabled: { code: 'account_disabled', status: 403, title: 'Account Disabled' },
  email_already_registered: {
    code: 'email_already_registered',
    status: 409,
    title: 'Email Already Registered',
    resolution: 'Log in, or reset the password',
  },
} as const satisfies Record<string, ProblemSpec>;

const details: Partial<Record<RefusalKind, string>> = {
  token_invalid: 'This link is not valid, or not any more. Ask for a new one.',
  token_expired: 'This link is past its time. Ask for a new one.',
  password_required:
    'Another sign-up for this address is open, so this link also needs the password of its own sign-up.',
  current_password_incorrect: 'The current password is not right.',
  own_account: 'An admin cannot do this to their own account.',
  conflict: 'The account is not in a state that allows this, or was changed meanwhile.',
  not_found: 'There is no such account.',
};

/** The problem that a refusal is answered with. */
export function refused(kind: RefusalKind): Problem {
  const detail = details[kind];
  return new Problem(refusals[kind], detail === undefined ? {} : { detail });
}
