import { defineMail, toPerson, username } from '../../src/mails/define-mail.ts';

/**
 * Tells the owner about a new password. A first password needs no such mail: the welcome mail of the same commit
 * says it.
 */
export const passwordChanged = defineMail({
  name: 'password-changed',
  when: ['PasswordChanged'],
  variables: { username },
  supersedes: ['verification', 'reset', 'email-change'],
  from: ({ data: { locale, how, person } }) =>
    how === 'first' ? undefined : { locale, content: toPerson(person) },
});
