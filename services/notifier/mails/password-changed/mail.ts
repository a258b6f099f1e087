import { defineMail, toRecipientAndUsername, usernameVariable } from '../../src/mails/define-mail.ts';

/**
 * Tells the owner about a new password. Not sent for a first password, because the commit that sets it also causes the
 * welcome mail.
 */
export const passwordChanged = defineMail({
  name: 'password-changed',
  when: ['PasswordChanged'],
  recipient: 'account',
  variables: { username: usernameVariable },
  supersedes: ['verification', 'reset', 'email-change'],
  from: ({ data: { locale, how, person } }) =>
    how === 'first' ? undefined : { locale, content: toRecipientAndUsername(person) },
});
