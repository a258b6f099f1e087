/** Mails over a pooled SMTP transport (nodemailer). */
import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import type { ProbeResult, SendResult } from '../delivery/attempt.ts';
import type { Mail, Mailer, SendOptions } from '../ports/mailer.ts';

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly implicitTls: boolean;
  /** Require STARTTLS; otherwise it is not used, even if offered. */
  readonly startTls: boolean;
  readonly validateCertificates: boolean;
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly from: { readonly name: string; readonly address: string };
  readonly connections: number;
}

/** All in ms. The signal of each mail limits the whole try. */
const TIMEOUTS = {
  dnsTimeout: 10_000,
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 30_000,
};

class WithdrawnError extends Error {}

interface Gate {
  /** Whether any of the content has been sent. */
  opened(): boolean;
  /** Wraps the content so that nothing is read before the server is ready for it. */
  through(content: Readable): Readable;
}

/** Passes the content on once it is read, if the mail may still be sent then. */
function createGate(mayProceed: () => boolean): Gate {
  let opened = false;
  async function* gated(content: Readable): AsyncGenerator<Buffer> {
    if (!mayProceed()) throw new WithdrawnError('the lease has expired');
    opened = true;
    // In one chunk: each chunk would be another write to the socket.
    yield Buffer.concat(await content.toArray());
  }
  return {
    opened: () => opened,
    through: (content) => Readable.from(gated(content), { objectMode: false }),
  };
}

interface SmtpError extends Error {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
}

function aboutTheMail(command: string | undefined): boolean {
  return command === 'RCPT TO' || command === 'DATA';
}

function afterReply(command: string | undefined, code: number): SendResult {
  if (code === 421) return { kind: 'unreachable', code };
  if (aboutTheMail(command)) return { kind: code >= 500 ? 'refused' : 'deferred', code };
  return { kind: code >= 500 ? 'unwelcome' : 'unreachable', code };
}

/** Errors that do not pass by themselves: wrong credentials, missing STARTTLS, an invalid certificate. */
const UNWELCOME = new Set(['EAUTH', 'ENOAUTH', 'ETLS', 'EREQUIRETLS']);
/** Matches the messages of OpenSSL and Node, because nodemailer hides the code. */
function isCertificateFault(message: string): boolean {
  return /certificate|altnames/i.test(message);
}

/** Returns what an error of nodemailer means for the mail. */
function afterError(error: unknown, contentWasSent: boolean): SendResult {
  if (error instanceof WithdrawnError) return { kind: 'withdrawn' };
  const { code = '', message, command, responseCode } = error as SmtpError;
  if (responseCode !== undefined) return afterReply(command, responseCode);
  if (contentWasSent) return { kind: 'deferred' };
  // An address that SMTP cannot carry: nodemailer rejects it before it connects.
  if (code === 'EENVELOPE') return { kind: 'refused', code: 553 };
  if (UNWELCOME.has(code) || isCertificateFault(message)) return { kind: 'unwelcome' };
  return { kind: 'unreachable' };
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

/** Returns the message for nodemailer. Addresses are objects, so that they are never parsed as lists. */
function messageOf(mail: Mail, from: SmtpSettings['from']) {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  return {
    from,
    to: { name: '', address: mail.to },
    subject: oneLine(mail.subject),
    html: mail.html,
    text: mail.text,
    messageId: `<${mail.id}@${domain}>`,
    date: mail.date,
    // Saves nodemailer a scan of every mail for the shorter encoding.
    textEncoding: 'quoted-printable' as const,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'Content-Language': mail.locale,
      'X-Correlation-Id': oneLine(mail.correlationId),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

export function createSmtpMailer(settings: SmtpSettings): Mailer {
  const { credentials } = settings;
  const transport = createTransport({
    pool: true,
    host: settings.host,
    port: settings.port,
    secure: settings.implicitTls,
    requireTLS: settings.startTls,
    ignoreTLS: !settings.startTls,
    tls: { rejectUnauthorized: settings.validateCertificates },
    ...(credentials && {
      auth: { user: credentials.username, pass: credentials.password },
      forceAuth: true,
    }),
    maxConnections: settings.connections,
    maxMessages: 1_000,
    // Once, for a pooled connection that the server has closed; the dispatcher does all other retries.
    maxRequeues: 1,
    ...TIMEOUTS,
  });
  transport.use('stream', (message, done) => {
    const { gate } = message.data as { readonly gate?: Gate };
    if (gate) message.message?.processFunc(gate.through);
    done();
  });

  async function send(mail: Mail, { mayProceed, signal }: SendOptions): Promise<SendResult> {
    const gate = createGate(mayProceed);
    try {
      await transport.sendMail({ ...messageOf(mail, settings.from), signal, gate } as object);
      return { kind: 'accepted' };
    } catch (error) {
      return afterError(error, gate.opened());
    }
  }

  async function probe(): Promise<ProbeResult> {
    try {
      await transport.verify();
      return { kind: 'welcome' };
    } catch (error) {
      const result = afterError(error, false);
      return { kind: result.kind === 'unwelcome' ? 'unwelcome' : 'unreachable' };
    }
  }

  return { send, probe, close: () => transport.close() };
}
