/**
 * The behaviours of mail servers before a recipient is named, and the expected outcome of an attempt to send a mail.
 */
import { createHmac } from 'node:crypto';
import type { RecipientScript, SessionScript } from './scripted-server.ts';

export interface SessionBehaviour {
  readonly source: string;
  readonly session?: SessionScript;
  readonly recipient?: RecipientScript;
  readonly settings?: Readonly<Record<string, string>>;
  /** Matches the expected error message. If undefined, the server must accept the mail. */
  readonly fails?: RegExp;
  /** Matches the name of the setting that the error message must contain. */
  readonly names?: RegExp;
}

export const SMTP_LOGIN_SETTINGS = {
  USE_CREDENTIALS: 'true',
  MAIL_USERNAME: 'mailer',
  MAIL_PASSWORD: 'right',
};

const CHALLENGE = '<1.2@here>';

export function encodeBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/**
 * Returns the AUTH replies of a server that accepts only this mechanism, and only with the correct user name and
 * password.
 * @param refusal the reply to anything else
 */
export function createAuthReplies(
  mechanism: 'PLAIN' | 'LOGIN' | 'CRAM-MD5',
  refusal = '535 5.7.8 Authentication credentials invalid',
) {
  const secrets = [encodeBase64('mailer'), encodeBase64('right')];
  const digest = encodeBase64(`mailer ${createHmac('md5', 'right').update(CHALLENGE).digest('hex')}`);
  return (line: string): string => {
    if (line === `AUTH PLAIN ${encodeBase64('\0mailer\0right')}` && mechanism === 'PLAIN')
      return '235 2.7.0 Welcome';
    if (line === 'AUTH LOGIN' && mechanism === 'LOGIN') return '334 VXNlcm5hbWU6';
    if (line === 'AUTH CRAM-MD5' && mechanism === 'CRAM-MD5') return `334 ${encodeBase64(CHALLENGE)}`;
    if (line === secrets[0]) return '334 UGFzc3dvcmQ6';
    return line === secrets[1] || line === digest ? '235 2.7.0 Welcome' : refusal;
  };
}

/**
 * The behaviours of mail servers by name. A mail that such a server refuses remains pending, because no
 * recipient is to blame.
 */
export const smtpSessionBehaviours: Readonly<Record<string, SessionBehaviour>> = {
  'that accepts the mail': { source: 'RFC 5321 4.2.3' },
  'that greets with 554': {
    source: 'RFC 5321 3.1',
    session: { greeting: '554 No SMTP service here' },
    fails: /at the greeting: 554 No SMTP service here/,
    names: /MAIL_PORT/,
  },
  'that greets with 421': {
    source: 'RFC 5321 3.8',
    session: { greeting: '421 4.3.2 Too busy' },
    fails: /at the greeting: 421 4\.3\.2 Too busy/,
  },
  'that closes the connection at once': {
    source: 'RFC 5321 3.8',
    session: { greeting: 'drop' },
    fails: /at the greeting: the connection was closed.*/,
  },
  'that does not greet': {
    source: 'RFC 5321 4.5.3.2.1',
    session: { greeting: 'stall' },
    // Set a long timeout for replies. On a busy machine, a reply could otherwise come too late, and the mail
    // would be sent again.
    settings: { MAIL_WAIT_SECONDS: '10' },
    fails: /at the greeting: no answer in time/,
    names: /465 needs MAIL_SSL_TLS=true/,
  },
  'that knows only HELO': { source: 'RFC 5321 4.1.1.1', session: { ehlo: '502 5.5.1 Not implemented' } },
  'that refuses our name': {
    source: 'RFC 5321 4.1.4',
    session: { ehlo: '550 5.7.1 Bad name', helo: '550 5.7.1 Bad name' },
    fails: /at EHLO: 550 5\.7\.1 Bad name/,
    names: /MAIL_EHLO_NAME/,
  },
  'that has no TLS': {
    source: 'RFC 3207 4',
    settings: { MAIL_STARTTLS: 'true' },
    fails: /at TLS: 454 4\.7\.0 TLS not available/,
    names: /MAIL_STARTTLS/,
  },
  'that speaks plain text where TLS is expected': {
    source: 'RFC 8314 3.3',
    settings: { MAIL_SSL_TLS: 'true', MAIL_STARTTLS: 'false' },
    fails: /at TLS: .*wrong version number.*/,
    names: /MAIL_SSL_TLS/,
  },
  'that refuses the login': {
    source: 'RFC 4954 6',
    session: { ehlo: '250-here\n250 AUTH PLAIN', auth: () => '535 5.7.8 Authentication credentials invalid' },
    settings: SMTP_LOGIN_SETTINGS,
    fails: /at AUTH: 535 5\.7\.8 Authentication credentials invalid/,
    names: /MAIL_USERNAME, MAIL_PASSWORD/,
  },
  'that takes PLAIN': {
    source: 'RFC 4616',
    session: { ehlo: '250-here\n250 AUTH PLAIN LOGIN', auth: createAuthReplies('PLAIN') },
    settings: SMTP_LOGIN_SETTINGS,
  },
  'that offers PLAIN, but takes only LOGIN': {
    source: 'draft-murchison-sasl-login',
    session: { ehlo: '250-here\n250 AUTH PLAIN LOGIN', auth: createAuthReplies('LOGIN') },
    settings: SMTP_LOGIN_SETTINGS,
  },
  'that closes the connection after it has refused PLAIN, and takes LOGIN': {
    source: 'RFC 4954 4: the server may close the connection after failed logins',
    session: {
      ehlo: '250-here\n250 AUTH PLAIN LOGIN',
      auth: createAuthReplies('LOGIN', '535 5.7.8 Authentication credentials invalid\ndrop'),
    },
    settings: SMTP_LOGIN_SETTINGS,
  },
  'that offers PLAIN, but takes only CRAM-MD5': {
    source: 'RFC 4954 4 (504)',
    session: {
      ehlo: '250-here\n250 AUTH PLAIN CRAM-MD5',
      auth: createAuthReplies('CRAM-MD5', '504 5.5.4 Unrecognized authentication type'),
    },
    settings: SMTP_LOGIN_SETTINGS,
  },
  'that offers only LOGIN, in the old form': {
    source: 'Exchange 2000: AUTH=LOGIN',
    session: { ehlo: '250-here\n250-AUTH=LOGIN\n250 SIZE', auth: createAuthReplies('LOGIN') },
    settings: SMTP_LOGIN_SETTINGS,
  },
  'that takes LOGIN, where PLAIN is demanded': {
    source: 'RFC 4954 4',
    session: { ehlo: '250-here\n250 AUTH PLAIN LOGIN', auth: createAuthReplies('LOGIN') },
    settings: { ...SMTP_LOGIN_SETTINGS, MAIL_AUTH: 'plain' },
    fails: /at AUTH: 535.*/,
  },
  'that takes CRAM-MD5': {
    source: 'RFC 2195',
    session: { ehlo: '250-here\n250 AUTH CRAM-MD5', auth: createAuthReplies('CRAM-MD5') },
    settings: { ...SMTP_LOGIN_SETTINGS, MAIL_AUTH: 'cram-md5' },
  },
  'that demands a login': {
    source: 'RFC 4954 6',
    session: { mail: '530 5.7.0 Authentication required' },
    fails: /at MAIL FROM: 530 5\.7\.0 Authentication required/,
    names: /USE_CREDENTIALS=true/,
  },
  'that refuses the sender': {
    source: 'RFC 3463 X.1.8',
    session: { mail: '550 5.1.8 <no-reply@example.com>: Sender address rejected' },
    fails: /at MAIL FROM: 550 5\.1\.8 <…>: Sender address rejected/,
    names: /MAIL_FROM/,
  },
  'that does not relay': {
    source: 'RFC 3463 X.7.1',
    recipient: { rcpt: ['554 5.7.1 <ada@example.com>: Relay access denied'] },
    fails: /at RCPT TO: 554 5\.7\.1 <…>: Relay access denied/,
    names: /MAIL_USERNAME/,
  },
  'that pipelines, and closes the connection after it has refused the recipient': {
    source: 'RFC 2920 3.2',
    session: { ehlo: '250-here\n250 PIPELINING' },
    recipient: { rcpt: ['550 5.1.1 User unknown\ndrop'], data: ['stall'] },
    fails: /at RCPT TO: 550 5\.1\.1 User unknown/,
    names: /MAIL_FROM/,
  },
  'that refuses the content': {
    source: 'RFC 3463 X.7.1',
    recipient: { content: ['550 5.7.1 Rejected by policy'] },
    fails: /at the end of the mail: 550 5\.7\.1 Rejected by policy/,
    names: /MAIL_FROM/,
  },
};
