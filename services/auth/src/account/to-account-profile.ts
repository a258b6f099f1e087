import type { ExistingAccount } from './state.ts';

/**
 * Returns the fields of an account that its owner and admins can see. The export of the account also contains
 * these fields.
 */
export function toAccountProfile(account: ExistingAccount) {
  return {
    id: account.userId,
    email: account.email,
    username: account.username,
    firstName: account.firstName ?? null,
    lastName: account.lastName ?? null,
    role: account.role,
    isVerified: account.status === 'verified',
    locale: account.locale,
    disabled: account.disabled,
  };
}
