import { defineMail, toPerson, username } from '../../src/mails/define-mail.ts';

/** A reset link for an account that is not verified yet: choosing a password also verifies the address. */
export const choosePassword = defineMail({
  name: 'choose-password',
  when: ['PasswordResetRequested'],
  variables: { username },
  link: 'reset',
  from: ({ data: { locale, reset, verifies, person } }) =>
    reset && verifies ? { locale, link: reset, content: toPerson(person) } : undefined,
});
