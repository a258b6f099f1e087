import { defineMail, toRecipientAndUsername, usernameVariable } from '../../src/mails/define-mail.ts';

/** Sends a reset link for an unverified account. Choosing a password with the link also verifies the address. */
export const choosePassword = defineMail({
  name: 'choose-password',
  when: ['PasswordResetRequested'],
  recipient: 'account',
  variables: { username: usernameVariable },
  link: 'reset',
  from: ({ data: { locale, reset, verifies, person } }) =>
    reset && verifies ? { locale, link: reset, content: toRecipientAndUsername(person) } : undefined,
});
