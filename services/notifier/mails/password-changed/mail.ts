import { defineMail, toPerson, username } from '../../src/mails/define-mail.ts';

/** A notice of a new password. A first password needs none: the welcome mail of the same commit says it. */
export const passwordChanged = defineMail({
  name: 'password-changed',
  when: ['PasswordChanged'],
  variables: { username },
  supersedes: ['verification', 'reset'],
  from: ({ data: { locale, how, person } }) =>
    how === 'first' ? undefined : { locale, content: toPerson(person) },
});
