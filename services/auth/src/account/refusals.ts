/** Why a command is refused. `http/problems.ts` maps each kind to a problem response. */
export type RefusalKind =
  | 'token_invalid'
  | 'token_expired'
  | 'password_required'
  | 'password_incorrect'
  | 'current_password_incorrect'
  | 'email_change_recent'
  | 'email_unchanged'
  | 'account_not_verified'
  | 'own_account'
  | 'last_admin'
  | 'not_found'
  | 'conflict';
