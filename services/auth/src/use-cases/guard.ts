/** What use cases demand before they start. */
import { Problem, rateLimited } from '@latchkey/http';
import { passwordFault } from '../credentials/password-rules.ts';
import { authProblems } from '../http/problems.ts';
import type { Allowance } from '../ports/limits.ts';

/** @throws Problem (rate_limited) */
export function demandAllowed(allowance: Allowance): void {
  if (!allowance.allowed) throw rateLimited(allowance.retryAfterSeconds);
}

/** @throws Problem (password_too_weak) naming the rule that is broken. */
export function demandStrong(
  password: string,
  account: { readonly email: string; readonly username: string },
): void {
  const fault = passwordFault(password, account);
  if (fault !== undefined) throw new Problem(authProblems.password_too_weak, { detail: fault });
}

/** @throws Problem (passwords_do_not_match) */
export function demandSame(password: string, confirmation: string | undefined): void {
  if (confirmation !== undefined && confirmation !== password) {
    throw new Problem(authProblems.passwords_do_not_match, { detail: 'Passwords do not match' });
  }
}
