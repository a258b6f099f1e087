import { defineMail, usernameVariableSchema } from '../../src/mails/define-mail.ts';

/**
 * Tells a person that the account was disabled. Events about unverified accounts, and events written by
 * release 0.1, have neither a `locale` nor an email address, and cause no mail.
 */
export const accountDisabledMail = defineMail({
  name: 'account-disabled',
  when: ['AccountDisabled'],
  recipient: 'account',
  variables: { username: usernameVariableSchema },
  from: ({ data: { locale, person } }) => {
    if (locale === undefined) return undefined;
    if (person === null) return { locale, content: null };
    const { email, username = '' } = person;
    return email === undefined ? undefined : { locale, content: { to: email, username } };
  },
});
