import { defineMail, toRecipientContent, usernameVariableSchema } from '../../src/mails/define-mail.ts';

/**
 * Sends a password reset link for an unverified account. Choosing a password with the link also verifies the
 * address.
 */
export const choosePasswordMail = defineMail({
  name: 'choose-password',
  when: ['PasswordResetRequested'],
  recipient: 'account',
  variables: { username: usernameVariableSchema },
  link: 'reset',
  from: ({ data: { locale, reset, verifies, person } }) =>
    reset && verifies ? { locale, link: reset, content: toRecipientContent(person) } : undefined,
});
