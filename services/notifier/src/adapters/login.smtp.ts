/** Logs in at the mail server (RFC 4954). */
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { conversationFailureOf, SmtpFailure } from './failure.smtp.ts';
import { runStep, type Session } from './step.smtp.ts';

export type PasswordMethod = 'auto' | 'plain' | 'login' | 'cram-md5';

/** Supplies OAuth 2.0 access tokens. */
export interface TokenSource {
  /**
   * Returns an access token.
   * @param renew whether the server has refused the previous token. The result may be the same token again.
   * @throws SmtpFailure
   */
  token(renew: boolean): Promise<string>;
}

export type Credentials =
  | { readonly username: string; readonly password: string; readonly method?: PasswordMethod }
  | { readonly username: string; readonly tokens: TokenSource };

/**
 * The name of XOAUTH2 in nodemailer. nodemailer replaces a method of the name XOAUTH2 by PLAIN or LOGIN if the server
 * offers one of them.
 */
const XOAUTH2 = 'LATCHKEY-XOAUTH2';

type Mechanism = 'PLAIN' | 'LOGIN' | 'CRAM-MD5' | typeof XOAUTH2;

/** Returns the login handlers that nodemailer needs in addition to its own. */
export function customAuthOf(credentials: Credentials): SMTPConnection.CustomAuthenticationHandlers {
  return 'tokens' in credentials ? { [XOAUTH2]: createXoauth2Handler(credentials) } : {};
}

/**
 * Returns a nodemailer handler for XOAUTH2 (https://developers.google.com/gmail/imap/xoauth2-protocol). After a
 * permanent refusal, the handler tries a renewed token, unless that is the same token.
 */
function createXoauth2Handler({ username, tokens }: Extract<Credentials, { tokens: TokenSource }>) {
  return async ({
    sendCommand,
    reject,
    resolve,
  }: SMTPConnection.CustomAuthenticationContext): Promise<void> => {
    async function replyTo(token: string): Promise<string> {
      const secret = `user=${username}\x01auth=Bearer ${token}\x01\x01`;
      const { response } = await sendCommand(`AUTH XOAUTH2 ${Buffer.from(secret).toString('base64')}`);
      // A reply with the code 334 contains the details of a refusal. The server sends the refusal itself after the
      // client has answered with an empty line.
      return response.startsWith('334') ? (await sendCommand('')).response : response;
    }
    try {
      const token = await tokens.token(false);
      let reply = await replyTo(token);
      if (reply.startsWith('5')) {
        const renewed = await tokens.token(true);
        if (renewed !== token) reply = await replyTo(renewed);
      }
      if (reply.startsWith('235')) resolve();
      else reject('XOAUTH2 was refused');
    } catch (error) {
      reject(error instanceof Error ? error : String(error));
    }
  };
}

/**
 * Logs in. With `auto`, uses the first of PLAIN, LOGIN and CRAM-MD5 that the server offers. If the server offers both
 * PLAIN and LOGIN but refuses PLAIN, also tries LOGIN.
 * @throws SmtpFailure
 */
export async function logIn(session: Session, credentials: Credentials): Promise<void> {
  const { smtp, conversation } = session;
  conversation.begins('auth');
  if ('tokens' in credentials)
    return tryMechanism(session, { username: credentials.username, password: '' }, XOAUTH2);
  const [first, second] = mechanismsFor(credentials.method ?? 'auto', smtp);
  try {
    await tryMechanism(session, credentials, first);
  } catch (error) {
    const isRefused = error instanceof SmtpFailure && (error.failure.code ?? 0) >= 500;
    if (second === undefined || !isRefused || smtp.destroyed) throw error;
    await tryMechanism(session, credentials, second);
  }
}

function mechanismsFor(method: PasswordMethod, smtp: SMTPConnection): readonly [Mechanism, Mechanism?] {
  if (method !== 'auto') return [method.toUpperCase() as Mechanism];
  const offered = offeredBy(smtp);
  if (offered.has('PLAIN') || offered.size === 0)
    return offered.has('LOGIN') ? ['PLAIN', 'LOGIN'] : ['PLAIN'];
  return [offered.has('LOGIN') || !offered.has('CRAM-MD5') ? 'LOGIN' : 'CRAM-MD5'];
}

/** Returns the mechanisms that the reply to EHLO offers, including the old form `AUTH=LOGIN`. */
function offeredBy({ lastServerResponse }: SMTPConnection): ReadonlySet<string> {
  const lines = String(lastServerResponse || '').split('\n');
  const mechanisms = lines.flatMap((line) => /^250[ -]AUTH[ =](.*)/i.exec(line)?.[1]?.split(/[\s=]+/) ?? []);
  return new Set(mechanisms.map((each) => each.toUpperCase()));
}

async function tryMechanism(
  { smtp, conversation, signal }: Session,
  { username: user, password: pass }: { readonly username: string; readonly password: string },
  method: Mechanism,
): Promise<void> {
  try {
    await runStep(smtp, signal, (done) =>
      smtp.login({ user, pass, method, credentials: { user, pass } }, done),
    );
  } catch (error) {
    throw new SmtpFailure(conversationFailureOf(error, conversation));
  }
}
