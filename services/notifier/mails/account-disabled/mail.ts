import { defineMail, username } from '../../src/mails/define-mail.ts';

/**
 * Tells a person that the account was disabled. Events about unverified accounts, and those of release 0.1, contain
 * no person.
 */
export const accountDisabled = defineMail({
  name: 'account-disabled',
  when: ['AccountDisabled'],
  variables: { username },
  from: ({ data: { locale, person } }) => {
    if (locale === undefined) return undefined;
    if (person === null) return { locale, content: null };
    const { email, username = '' } = person;
    return email === undefined ? undefined : { locale, content: { to: email, username } };
  },
});
