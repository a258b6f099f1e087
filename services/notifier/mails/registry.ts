/** The list of all mails. Each line exports one mail. */
export { accountDisabled } from './account-disabled/mail.ts';
export { accountExists } from './account-exists/mail.ts';
export { choosePassword } from './choose-password/mail.ts';
export { confirmEmail } from './confirm-email/mail.ts';
export { emailChanged } from './email-changed/mail.ts';
export { emailInUse } from './email-in-use/mail.ts';
export { eraseAccount } from './erase-account/mail.ts';
export { lockedOut } from './locked-out/mail.ts';
export { newSignIn } from './new-sign-in/mail.ts';
export { passwordChanged } from './password-changed/mail.ts';
export { resetPassword } from './reset-password/mail.ts';
export { roleChanged } from './role-changed/mail.ts';
export { sessionsEnded } from './sessions-ended/mail.ts';
export { verifyEmail } from './verify-email/mail.ts';
export { welcome } from './welcome/mail.ts';
