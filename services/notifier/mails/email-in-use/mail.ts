import { defineMail } from '../../src/mails/define-mail.ts';

/**
 * Tells the owner of an address that somebody tried to use it for another account. Must not contain anything about that
 * account.
 */
export const emailInUse = defineMail({
  name: 'email-in-use',
  when: ['EmailChangeRequested'],
  recipient: 'other',
  variables: {},
  from: ({ data: { locale, confirmation, person } }) =>
    confirmation ? undefined : { locale, content: person && { to: person.newEmail } },
});
