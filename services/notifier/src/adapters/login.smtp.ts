/** Logs in at the mail server (RFC 4954). */
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { SmtpFailure, toSmtpConversationFailure } from './failure.smtp.ts';
import { runSmtpStep, type SmtpSession } from './step.smtp.ts';

/** The login mechanism to use with a password. `auto` chooses from those that the server offers. */
export type SmtpPasswordMethod = 'auto' | 'plain' | 'login' | 'cram-md5';

/** Supplies OAuth 2.0 access tokens for the login at the mail server. */
export interface SmtpAccessTokenSource {
  /**
   * Returns an access token for the login.
   * @param renew true if the server has refused the previous token. The source then tries to get a newer
   * token, but may return the same token again
   * @throws SmtpFailure
   */
  token(renew: boolean): Promise<string>;
}

/** How to log in to the mail server: with a password, or with OAuth 2.0 access tokens (XOAUTH2). */
export type SmtpCredentials =
  | { readonly username: string; readonly password: string; readonly method?: SmtpPasswordMethod }
  | { readonly username: string; readonly tokens: SmtpAccessTokenSource };

/**
 * The name under which our XOAUTH2 handler is registered with nodemailer. The name must not be `XOAUTH2`:
 * nodemailer uses PLAIN or LOGIN instead of a method with that name if the server offers one of them.
 */
const XOAUTH2 = 'LATCHKEY-XOAUTH2';

type Mechanism = 'PLAIN' | 'LOGIN' | 'CRAM-MD5' | typeof XOAUTH2;

/** Returns the login handlers that nodemailer needs in addition to its own. */
export function createNodemailerLoginHandlers(
  credentials: SmtpCredentials,
): SMTPConnection.CustomAuthenticationHandlers {
  return 'tokens' in credentials ? { [XOAUTH2]: createXoauth2Handler(credentials) } : {};
}

/**
 * Returns a nodemailer handler for XOAUTH2 (https://developers.google.com/gmail/imap/xoauth2-protocol). After
 * a permanent refusal, the handler requests a renewed token, and tries once more if the token has changed.
 */
function createXoauth2Handler({
  username,
  tokens,
}: Extract<SmtpCredentials, { tokens: SmtpAccessTokenSource }>) {
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
 * The login mechanisms that a mail server has refused. A refused mechanism is not tried again as long as
 * there is another mechanism to try, because some servers close the connection after each refusal.
 */
export type RefusedLoginMechanisms = Set<string>;

/**
 * Thrown if the mail server refused a login mechanism and closed the connection before the next mechanism was
 * tried.
 */
export class SmtpLoginInterrupted extends SmtpFailure {}

/** Returns whether a login failed because the mail server closed the connection. */
export function wasClosedDuringLogin(error: unknown): boolean {
  if (!(error instanceof SmtpFailure)) return false;
  const { stage, code } = error.failure;
  return stage === 'auth' && (code === undefined || code === 421);
}

/**
 * Logs in to the mail server. With the method `auto`, tries PLAIN, LOGIN and CRAM-MD5 in this order until the
 * server accepts one. Skips mechanisms that the server does not offer.
 * @param refused the mechanisms that the server has refused so far; `logIn` adds to them
 * @throws SmtpLoginInterrupted if a new connection should be opened, to try the remaining mechanisms
 * @throws SmtpFailure
 */
export async function logInToSmtpServer(
  session: SmtpSession,
  credentials: SmtpCredentials,
  refused: RefusedLoginMechanisms,
): Promise<void> {
  if ('tokens' in credentials)
    return tryMechanism(session, { username: credentials.username, password: '' }, XOAUTH2);
  const usable = mechanismsFor(credentials.method ?? 'auto', session.smtp);
  // If the server has refused all mechanisms, the cause may have been wrong credentials, so try all mechanisms
  // again.
  if (usable.every((each) => refused.has(each))) refused.clear();
  const left = usable.filter((each) => !refused.has(each));
  let last: SmtpFailure | undefined;
  for (const mechanism of left) {
    try {
      return await tryMechanism(session, credentials, mechanism);
    } catch (error) {
      if (!(error instanceof SmtpFailure)) throw error;
      const isClosed = wasClosedDuringLogin(error);
      if (isClosed && last !== undefined) throw new SmtpLoginInterrupted(last);
      // The server closed the connection without a refusal, so the next login tries all mechanisms again,
      // including those refused before.
      if (isClosed) refused.clear();
      if (isClosed || (error.failure.code ?? 0) < 500) throw error;
      refused.add(mechanism);
      last = error;
    }
  }
  throw last ?? new Error('the server has refused every login mechanism');
}

/**
 * Returns the login mechanisms to try, in order. If the server lists none, returns PLAIN, which is the most
 * common mechanism.
 */
function mechanismsFor(method: SmtpPasswordMethod, smtp: SMTPConnection): readonly Mechanism[] {
  if (method !== 'auto') return [method.toUpperCase() as Mechanism];
  const offered = offeredBy(smtp);
  if (offered.size === 0) return ['PLAIN'];
  const known = (['PLAIN', 'LOGIN', 'CRAM-MD5'] as const).filter((each) => offered.has(each));
  return known.length > 0 ? known : ['LOGIN'];
}

/**
 * Returns the login mechanisms that the server's reply to EHLO offers, including those in the old form
 * `AUTH=LOGIN`.
 */
function offeredBy({ lastServerResponse }: SMTPConnection): ReadonlySet<string> {
  const lines = String(lastServerResponse || '').split('\n');
  const mechanisms = lines.flatMap((line) => /^250[ -]AUTH[ =](.*)/i.exec(line)?.[1]?.split(/[\s=]+/) ?? []);
  return new Set(mechanisms.map((each) => each.toUpperCase()));
}

async function tryMechanism(
  { smtp, conversation, signal }: SmtpSession,
  { username: user, password: pass }: { readonly username: string; readonly password: string },
  method: Mechanism,
): Promise<void> {
  conversation.begins('auth');
  try {
    await runSmtpStep(smtp, signal, (done) =>
      smtp.login({ user, pass, method, credentials: { user, pass } }, done),
    );
  } catch (error) {
    throw new SmtpFailure(toSmtpConversationFailure(error, conversation));
  }
}
