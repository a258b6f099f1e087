import { defineMail, toRecipientAndUsername, usernameVariable } from '../../src/mails/define-mail.ts';

/** Asks the owner of the address to verify it. */
export const verifyEmail = defineMail({
  name: 'verify-email',
  when: ['UserRegistered', 'VerificationRequested'],
  recipient: 'account',
  variables: { username: usernameVariable },
  link: 'verification',
  from: ({ data: { locale, verification, person } }) =>
    verification && { locale, link: verification, content: toRecipientAndUsername(person) },
});
