import { defineMail, toPerson, username } from '../../src/mails/define-mail.ts';

/** Welcomes the owner of a verified account. Admins can send it to a list of addresses, too. */
export const welcome = defineMail({
  name: 'welcome',
  when: ['AccountVerified'],
  variables: { username },
  supersedes: ['verification'],
  from: ({ data: { locale, person } }) => ({ locale, content: toPerson(person) }),
});
