import { defineMail } from '../../src/mails/define-mail.ts';

/**
 * Tells the owner of a verified address that somebody signed up with it. Without `verification`, another account
 * has verified the address; the mail must then contain nothing that was submitted.
 */
export const accountExists = defineMail({
  name: 'account-exists',
  when: ['UserRegistered'],
  variables: {},
  from: ({ data: { locale, verification, person } }) =>
    verification ? undefined : { locale, content: person && { to: person.email } },
});
