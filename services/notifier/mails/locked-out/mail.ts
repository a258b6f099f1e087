import { defineMail, toRecipientAndUsername, usernameVariable } from '../../src/mails/define-mail.ts';

/** Tells the owner that unknown clients are locked out after too many wrong passwords. */
export const lockedOut = defineMail({
  name: 'locked-out',
  when: ['OwnerAlerted'],
  recipient: 'account',
  variables: { username: usernameVariable },
  from: ({ data: { reason, locale, person } }) =>
    reason === 'locked-out' ? { locale, content: toRecipientAndUsername(person) } : undefined,
});
