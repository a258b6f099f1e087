import { defineMail } from '../../src/mails/define-mail.ts';

/**
 * Tells the owner of a verified address that somebody has signed up with it. Without `verification` the address is
 * verified by another account; the mail must not contain anything that was submitted.
 */
export const accountExists = defineMail({
  name: 'account-exists',
  when: ['UserRegistered'],
  variables: {},
  from: ({ data: { locale, verification, person } }) =>
    verification ? undefined : { locale, content: person && { to: person.email } },
});
