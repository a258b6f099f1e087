import { defineMail } from '../../src/mails/define-mail.ts';

/**
 * Tells the owner of a verified address that somebody tried to sign up with that address. The
 * `UserRegistered` event of such a sign-up has no `verification` field. The mail must contain nothing that
 * was submitted with the sign-up, because a stranger may have submitted it.
 */
export const accountExistsMail = defineMail({
  name: 'account-exists',
  when: ['UserRegistered'],
  recipient: 'other',
  variables: {},
  from: ({ data: { locale, verification, person } }) =>
    verification ? undefined : { locale, content: person && { to: person.email } },
});
