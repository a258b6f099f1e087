/** Logs in at the mail server (RFC 4954). */
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { conversationFailureOf, SmtpFailure } from './failure.smtp.ts';
import { runStep, type Session } from './step.smtp.ts';

export type PasswordMethod = 'auto' | 'plain' | 'login' | 'cram-md5';

/** Supplies OAuth 2.0 access tokens. */
export interface TokenSource {
  /** Returns an access token. @param renew whether the server has refused the previous token @throws SmtpFailure */
  token(renew: boolean): Promise<string>;
}

export type Credentials =
  | { readonly username: string; readonly password: string; readonly method?: PasswordMethod }
  | { readonly username: string; readonly tokens: TokenSource };

type Mechanism = 'PLAIN' | 'LOGIN' | 'CRAM-MD5' | 'XOAUTH2';

/** Returns a nodemailer handler for XOAUTH2 (https://developers.google.com/gmail/imap/xoauth2-protocol). */
export function createXoauth2Handler({ username, tokens }: Extract<Credentials, { tokens: TokenSource }>) {
  return async ({
    sendCommand,
    reject,
    resolve,
  }: SMTPConnection.CustomAuthenticationContext): Promise<void> => {
    async function refusalWith(token: string): Promise<string | undefined> {
      const secret = `user=${username}\x01auth=Bearer ${token}\x01\x01`;
      const first = await sendCommand(`AUTH XOAUTH2 ${Buffer.from(secret).toString('base64')}`);
      // A reply with the code 334 contains the details of a refusal. The server sends the refusal itself after the
      // client has answered with an empty line.
      const last = first.status === 334 ? await sendCommand('') : first;
      return last.status === 235 ? undefined : last.response;
    }
    try {
      const refused = await refusalWith(await tokens.token(false));
      if (refused === undefined || (await refusalWith(await tokens.token(true))) === undefined) resolve();
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
  conversation.begins();
  if ('tokens' in credentials)
    return tryMechanism(session, { username: credentials.username, password: '' }, 'XOAUTH2');
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
