/** Checks a password before it is set. */
import type { UseCaseDeps } from '../deps.ts';
import { Refused } from '../refused.ts';
import type { PasswordOwner } from './rules.ts';

/**
 * Checks a new password against the rules.
 * @param field the field of the request that contains the password
 * @throws Refused (password_too_weak)
 */
export function assertStrongPassword(
  { passwordRules }: Pick<UseCaseDeps, 'passwordRules'>,
  password: string,
  owner: PasswordOwner,
  field: 'password' | 'newPassword',
): void {
  const fault = passwordRules.fault(password, owner);
  if (fault === undefined) return;
  throw new Refused({ kind: 'password_too_weak', fault, field, minLength: passwordRules.minLength });
}

/** Checks that both entries are the same. @throws Refused (passwords_do_not_match) */
export function assertSamePassword(password: string, confirmation: string | undefined): void {
  if (confirmation !== undefined && confirmation !== password) throw new Refused('passwords_do_not_match');
}
