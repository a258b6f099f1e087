/** The list of all mails. Each line exports one mail. */
export { accountDisabledMail } from './account-disabled/mail.ts';
export { accountExistsMail } from './account-exists/mail.ts';
export { choosePasswordMail } from './choose-password/mail.ts';
export { confirmEmailMail } from './confirm-email/mail.ts';
export { emailChangedMail } from './email-changed/mail.ts';
export { emailInUseMail } from './email-in-use/mail.ts';
export { eraseAccountMail } from './erase-account/mail.ts';
export { lockedOutMail } from './locked-out/mail.ts';
export { newSignInMail } from './new-sign-in/mail.ts';
export { passwordChangedMail } from './password-changed/mail.ts';
export { resetPasswordMail } from './reset-password/mail.ts';
export { roleChangedMail } from './role-changed/mail.ts';
export { sessionsEndedMail } from './sessions-ended/mail.ts';
export { verifyEmailMail } from './verify-email/mail.ts';
export { welcomeMail } from './welcome/mail.ts';
