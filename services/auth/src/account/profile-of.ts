import type { ExistingAccount } from './state.ts';

/** Returns what an account's owner and admins see of it, and what its export contains. */
export function profileOf(account: ExistingAccount) {
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
