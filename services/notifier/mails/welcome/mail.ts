import { defineMail, toRecipientAndUsername, usernameVariable } from '../../src/mails/define-mail.ts';

/** Welcomes the owner of a verified account. Admins can send it to a list of addresses, too. */
export const welcome = defineMail({
  name: 'welcome',
  when: ['AccountVerified'],
  recipient: 'account',
  variables: { username: usernameVariable },
  supersedes: ['verification'],
  from: ({ data: { locale, person } }) => ({ locale, content: toRecipientAndUsername(person) }),
});
