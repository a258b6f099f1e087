/** Why a command is refused. `http/problems.ts` must have a problem for each. */
export type RefusalKind =
  | 'token_invalid'
  | 'token_expired'
  | 'password_required'
  | 'current_password_incorrect'
  | 'account_not_verified'
  | 'own_account'
  | 'not_found'
  | 'conflict';
