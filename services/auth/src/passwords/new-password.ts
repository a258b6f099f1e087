/** Checks of a password that is about to be set. */
import { Refused } from '../refused.ts';
import { passwordFault } from './rules.ts';

/**
 * Checks a new password against the rules.
 * @param field the field of the request that contains the password
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

/** Checks that both entries are the same. @throws Refused (passwords_do_not_match) */
export function assertSamePassword(password: string, confirmation: string | undefined): void {
  if (confirmation !== undefined && confirmation !== password) throw new Refused('passwords_do_not_match');
}
