import { defineMail, toRecipientContent, usernameVariableSchema } from '../../src/mails/define-mail.ts';

/**
 * Tells the owner of an account that, after too many wrong passwords, clients unknown to the account cannot
 * sign in for a while.
 */
export const lockedOutMail = defineMail({
  name: 'locked-out',
  when: ['OwnerAlerted'],
  recipient: 'account',
  variables: { username: usernameVariableSchema },
  from: ({ data: { reason, locale, person } }) =>
    reason === 'locked-out' ? { locale, content: toRecipientContent(person) } : undefined,
});
