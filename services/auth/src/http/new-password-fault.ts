import type { Refusal } from '../refused.ts';
import type { NewPasswordFault } from './pages/pages.ts';

/**
 * Returns the error to show in a form for a new password; undefined if the use case refused the request for a
 * reason other than the new password.
 */
export function findNewPasswordFault(refusal: Refusal): NewPasswordFault | undefined {
  if (refusal.kind === 'passwords_do_not_match') return { field: 'confirmNewPassword', code: refusal.kind };
  if (refusal.kind === 'password_too_weak') return { field: 'newPassword', code: refusal.fault };
  return undefined;
}
