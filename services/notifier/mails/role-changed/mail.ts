import { defineMail, textVariable, usernameVariable } from '../../src/mails/define-mail.ts';

/** Tells the owner that the role of the account was changed. */
export const roleChanged = defineMail({
  name: 'role-changed',
  when: ['RoleChanged'],
  recipient: 'account',
  variables: { username: usernameVariable, role: textVariable('admin') },
  from: ({ data: { locale, role, person } }) => ({
    locale,
    content: person && { to: person.email, username: person.username, role },
  }),
});
