import { defineMail, toRecipientAndUsername, usernameVariable } from '../../src/mails/define-mail.ts';

/** Sends a reset link for a verified account. */
export const resetPassword = defineMail({
  name: 'reset-password',
  when: ['PasswordResetRequested'],
  recipient: 'account',
  variables: { username: usernameVariable },
  link: 'reset',
  from: ({ data: { locale, reset, verifies, person } }) =>
    reset && !verifies ? { locale, link: reset, content: toRecipientAndUsername(person) } : undefined,
});
