import { defineMail, toRecipientContent, usernameVariableSchema } from '../../src/mails/define-mail.ts';

/**
 * Tells the owner of an account that the password was changed. Not sent when the first password is set,
 * because the welcome mail is sent in that case.
 */
export const passwordChangedMail = defineMail({
  name: 'password-changed',
  when: ['PasswordChanged'],
  recipient: 'account',
  variables: { username: usernameVariableSchema },
  supersedes: ['verification', 'reset', 'email-change'],
  from: ({ data: { locale, how, person } }) =>
    how === 'first' ? undefined : { locale, content: toRecipientContent(person) },
});
