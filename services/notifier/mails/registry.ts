/** Every mail, one line each. */
export { accountExists } from './account-exists/mail.ts';
export { choosePassword } from './choose-password/mail.ts';
export { passwordChanged } from './password-changed/mail.ts';
export { resetPassword } from './reset-password/mail.ts';
export { roleChanged } from './role-changed/mail.ts';
export { sessionsEnded } from './sessions-ended/mail.ts';
export { verifyEmail } from './verify-email/mail.ts';
export { welcome } from './welcome/mail.ts';
