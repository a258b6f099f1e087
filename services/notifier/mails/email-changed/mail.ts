import { createTextVariable, defineMail, usernameVariableSchema } from '../../src/mails/define-mail.ts';

/**
 * Notifies the previous email address of an account that the address was changed. Contains a link that
 * undoes the change.
 */
export const emailChangedMail = defineMail({
  name: 'email-changed',
  when: ['EmailChanged'],
  recipient: 'account',
  variables: { username: usernameVariableSchema, new_email: createTextVariable('countess@example.com') },
  link: 'email-undo',
  supersedes: ['reset', 'email-change'],
  from: ({ data: { locale, person } }) => {
    if (person === null) return { locale, content: null };
    const { email, username, previousEmail, undo } = person;
    return { locale, link: undo, content: { to: previousEmail, username, new_email: email } };
  },
});
