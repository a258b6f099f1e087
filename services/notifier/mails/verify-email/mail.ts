import { defineMail, toPerson, username } from '../../src/mails/define-mail.ts';

/** Asks the owner of the address to verify it. */
export const verifyEmail = defineMail({
  name: 'verify-email',
  when: ['UserRegistered', 'VerificationRequested'],
  variables: { username },
  link: 'verification',
  from: ({ data: { locale, verification, person } }) =>
    verification && { locale, link: verification, content: toPerson(person) },
});
