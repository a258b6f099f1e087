import { defineMail, toRecipientContent, usernameVariableSchema } from '../../src/mails/define-mail.ts';

/** Sends a password reset link for a verified account. */
export const resetPasswordMail = defineMail({
  name: 'reset-password',
  when: ['PasswordResetRequested'],
  recipient: 'account',
  variables: { username: usernameVariableSchema },
  link: 'reset',
  from: ({ data: { locale, reset, verifies, person } }) =>
    reset && !verifies ? { locale, link: reset, content: toRecipientContent(person) } : undefined,
});
