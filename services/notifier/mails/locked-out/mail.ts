import { defineMail, toRecipientContent, usernameVariableSchema } from '../../src/mails/define-mail.ts';

/**
 * Tells the owner of an account that sign-ins are blocked for a while after too many wrong passwords, except
 * from IP addresses from which the owner has signed in before.
 */
export const lockedOutMail = defineMail({
  name: 'locked-out',
  when: ['OwnerAlerted'],
  recipient: 'account',
  variables: { username: usernameVariableSchema },
  from: ({ data: { reason, locale, person } }) =>
    reason === 'locked-out' ? { locale, content: toRecipientContent(person) } : undefined,
});
