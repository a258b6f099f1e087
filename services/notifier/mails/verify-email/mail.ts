import { defineMail, toRecipientContent, usernameVariableSchema } from '../../src/mails/define-mail.ts';

/** Asks the owner of an email address to verify the address. */
export const verifyEmailMail = defineMail({
  name: 'verify-email',
  when: ['UserRegistered', 'VerificationRequested'],
  recipient: 'account',
  variables: { username: usernameVariableSchema },
  link: 'verification',
  from: ({ data: { locale, verification, person } }) =>
    verification && { locale, link: verification, content: toRecipientContent(person) },
});
