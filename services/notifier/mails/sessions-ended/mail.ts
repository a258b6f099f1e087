import {
  createTextVariable,
  defineMail,
  toRecipientContent,
  usernameVariableSchema,
} from '../../src/mails/define-mail.ts';

/**
 * Tells the owner of an account that one session, or all of them, ended because a refresh token was reused.
 * `SessionsRevoked` events written by release 0.1 have neither `locale` nor `person`, and cause no mail.
 */
export const sessionsEndedMail = defineMail({
  name: 'sessions-ended',
  when: ['SessionsRevoked'],
  recipient: 'account',
  variables: { username: usernameVariableSchema, ended: createTextVariable('all') },
  from: ({ data: { reason, sessionId, locale, person } }) => {
    if (reason !== 'refresh-reuse' || locale === undefined || person === undefined) return undefined;
    const content = toRecipientContent(person);
    return { locale, content: content && { ...content, ended: sessionId === undefined ? 'all' : 'one' } };
  },
});
