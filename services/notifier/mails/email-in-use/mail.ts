import { defineMail } from '../../src/mails/define-mail.ts';

/**
 * Tells the owner of an address that somebody tried to use the address for another account. Must not contain
 * anything about that account.
 */
export const emailInUseMail = defineMail({
  name: 'email-in-use',
  when: ['EmailChangeRequested'],
  recipient: 'other',
  variables: {},
  from: ({ data: { locale, person } }) =>
    person === null || person.confirmation ? undefined : { locale, content: { to: person.newEmail } },
});
