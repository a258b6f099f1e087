import { defineMail, textVariable, usernameVariable } from '../../src/mails/define-mail.ts';

/** Tells the previous address of an account about the change, with a link that undoes it. */
export const emailChanged = defineMail({
  name: 'email-changed',
  when: ['EmailChanged'],
  variables: { username: usernameVariable, new_email: textVariable('countess@example.com') },
  link: 'email-undo',
  supersedes: ['reset', 'email-change'],
  from: ({ data: { locale, undo, person } }) => ({
    locale,
    link: undo,
    content: person && { to: person.previousEmail, username: person.username, new_email: person.email },
  }),
});
