import { createTextVariable, defineMail, usernameVariableSchema } from '../../src/mails/define-mail.ts';

/** Tells the owner of an account that the account's role was changed. */
export const roleChangedMail = defineMail({
  name: 'role-changed',
  when: ['RoleChanged'],
  recipient: 'account',
  variables: { username: usernameVariableSchema, role: createTextVariable('admin') },
  from: ({ data: { locale, role, person } }) => ({
    locale,
    content: person && { to: person.email, username: person.username, role },
  }),
});
