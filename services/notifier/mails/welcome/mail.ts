import { defineMail, toRecipientContent, usernameVariableSchema } from '../../src/mails/define-mail.ts';

/** Welcomes the owner of a verified account. Admins can also send this mail to a list of addresses. */
export const welcomeMail = defineMail({
  name: 'welcome',
  when: ['AccountVerified'],
  recipient: 'account',
  variables: { username: usernameVariableSchema },
  supersedes: ['verification'],
  from: ({ data: { locale, person } }) => ({ locale, content: toRecipientContent(person) }),
});
