import { createTextVariable, defineMail, usernameVariableSchema } from '../../src/mails/define-mail.ts';

/** Tells the owner of an account about a sign-in from a device or network that was not used before. */
export const newSignInMail = defineMail({
  name: 'new-sign-in',
  when: ['OwnerAlerted'],
  recipient: 'account',
  variables: {
    username: usernameVariableSchema,
    browser: createTextVariable('Firefox'),
    system: createTextVariable('Linux'),
    network: createTextVariable('192.0.2.0/24'),
  },
  from: ({ data: { reason, locale, person } }) => {
    if (reason !== 'new-sign-in') return undefined;
    if (person === null) return { locale, content: null };
    const { email, username, browser = '', system = '', network = '' } = person;
    return { locale, content: { to: email, username, browser, system, network } };
  },
});
