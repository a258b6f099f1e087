/** Checks new passwords before they are set. */
import type { UseCaseDeps } from '../deps.ts';
import { Refused } from '../refused.ts';
import type { PasswordFault, PasswordOwner, PasswordRules } from './rules.ts';

/** The field of a request that contains a new password. */
type PasswordField = 'password' | 'newPassword';

/**
 * Checks only the length of a new password, which is cheap enough to do before anything else.
 * @param field the field of the request that contains the password
 * @throws Refused (password_too_weak)
 */
export function assertPasswordLength(
  { passwordRules }: Pick<UseCaseDeps, 'passwordRules'>,
  password: string,
  field: PasswordField,
): void {
  refuseFault(passwordRules, passwordRules.lengthFault(password), field);
}

/**
 * Checks a new password against all password rules. Blocks the process for some milliseconds.
 * @param field the field of the request that contains the password
 * @throws Refused (password_too_weak)
 */
export async function assertStrongPassword(
  { passwordRules }: Pick<UseCaseDeps, 'passwordRules'>,
  password: string,
  owner: PasswordOwner,
  field: PasswordField,
): Promise<void> {
  refuseFault(passwordRules, await passwordRules.fault(password, owner), field);
}

function refuseFault(
  { minLength }: PasswordRules,
  fault: PasswordFault | undefined,
  field: PasswordField,
): void {
  if (fault !== undefined) throw new Refused({ kind: 'password_too_weak', fault, field, minLength });
}

/**
 * Checks that a new password was entered identically twice.
 * @throws Refused (passwords_do_not_match)
 */
export function assertPasswordsMatch(password: string, confirmation: string | undefined): void {
  if (confirmation !== undefined && confirmation !== password) throw new Refused('passwords_do_not_match');
}
