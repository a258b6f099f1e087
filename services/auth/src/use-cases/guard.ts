/** Checks that a use case makes before it starts. */
import { passwordFault } from '../credentials/password-rules.ts';
import type { Allowance } from '../ports/limits.ts';
import { Refused } from '../refused.ts';

/** @throws Refused (rate_limited) */
export function assertAllowed(allowance: Allowance): void {
  if (!allowance.allowed) throw new Refused({ kind: 'rate_limited', seconds: allowance.retryAfterSeconds });
}

/**
 * @param field the field of the request that holds the password
 * @throws Refused (password_too_weak)
 */
export function assertStrongPassword(
  password: string,
  owner: { readonly email: string; readonly username: string },
  field: 'password' | 'newPassword',
): void {
  const fault = passwordFault(password, owner);
  if (fault !== undefined) throw new Refused({ kind: 'password_too_weak', fault, field });
}

/** @throws Refused (passwords_do_not_match) */
export function assertSamePassword(password: string, confirmation: string | undefined): void {
  if (confirmation !== undefined && confirmation !== password) throw new Refused('passwords_do_not_match');
}
