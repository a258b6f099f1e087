import { defineMail, usernameVariableSchema } from '../../src/mails/define-mail.ts';

/**
 * Asks the holder of a new address to confirm it. The address may be mistyped, so the mail contains no personal data
 * except the username.
 */
export const confirmEmailMail = defineMail({
  name: 'confirm-email',
  when: ['EmailChangeRequested', 'EmailChangeCanceled'],
  recipient: 'other',
  variables: { username: usernameVariableSchema },
  link: 'email-change',
  // Each new request for a change of address invalidates the links of earlier requests, even if no link is
  // mailed for the new request.
  supersedes: ['email-change'],
  from: (event) => {
    if (event.type === 'EmailChangeCanceled') return undefined;
    const { locale, person } = event.data;
    if (person === null) return { locale, content: null };
    const { confirmation, newEmail, username } = person;
    return confirmation && { locale, link: confirmation, content: { to: newEmail, username } };
  },
});
