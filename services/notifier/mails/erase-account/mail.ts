import { defineMail, usernameVariableSchema } from '../../src/mails/define-mail.ts';

/** Confirms that an account will be erased, with a link that cancels the erasure. */
export const eraseAccountMail = defineMail({
  name: 'erase-account',
  when: ['AccountErasureRequested', 'AccountErasureCanceled'],
  recipient: 'account',
  variables: { username: usernameVariableSchema },
  link: 'erasure',
  supersedes: ['erasure'],
  from: (event) => {
    if (event.type === 'AccountErasureCanceled') return undefined;
    const { locale, person } = event.data;
    if (locale === undefined || person?.email === undefined || person.undo === undefined) return undefined;
    return { locale, link: person.undo, content: { to: person.email, username: person.username ?? '' } };
  },
});
