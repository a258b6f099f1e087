/** One connection to the mail server: opens it, logs in, and sends mails over it. */
import { once } from 'node:events';
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SendResult } from '../delivery/attempt.ts';
import type { SmtpStage } from '../delivery/reply.ts';
import type { SendOptions } from '../ports/mailer.ts';
import { type Conversation, createConversation, type SmtpExchange } from './conversation.smtp.ts';
import { SmtpFailure, sendResultOf, stageFailureOf } from './failure.smtp.ts';
import { type Credentials, createXoauth2Handler, logIn } from './login.smtp.ts';
import type { ComposedMessage } from './message.smtp.ts';

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  /** Whether to use TLS from the first byte. */
  readonly implicitTls: boolean;
  /** Whether STARTTLS is required. If not, STARTTLS is not used, even if the server offers it. */
  readonly startTls: boolean;
  readonly validateCertificates: boolean;
  readonly credentials?: Credentials;
  /** The name that the notifier gives in the SMTP command EHLO. */
  readonly ehloName: string;
  /** How long to wait for the server at each stage, in ms. Overrides SMTP_TIMEOUTS for the given stages. */
  readonly waits?: Partial<SmtpTimeouts>;
}

export type SmtpTimeouts = Readonly<Record<SmtpStage, number>>;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/**
 * The timeouts of RFC 5321 4.5.3.2. The RFC has none for connecting and TLS; 30 s are sufficient in a healthy network.
 */
export const SMTP_TIMEOUTS: SmtpTimeouts = {
  connect: 30 * SECOND,
  tls: 30 * SECOND,
  greeting: 5 * MINUTE,
  ehlo: 5 * MINUTE,
  auth: 5 * MINUTE,
  mail: 5 * MINUTE,
  rcpt: 5 * MINUTE,
  data: 2 * MINUTE,
  content: 10 * MINUTE,
};

export interface ConnectOptions {
  readonly signal: AbortSignal;
  /** Called when the socket is open, when TLS is established, and for each reply of the server. */
  onExchange?(exchange: SmtpExchange): void;
}

export interface Connection {
  /** Returns how many mails were sent over this connection. */
  mails(): number;
  isOpen(): boolean;
  /**
   * Sends a mail. Never rejects. The result has `isStale` if the server had closed the connection before it saw this
   * mail.
   */
  send(
    message: ComposedMessage,
    options: Pick<SendOptions, 'mayProceed' | 'signal'>,
  ): Promise<{ readonly result: SendResult; readonly isStale: boolean }>;
  /**
   * Prepares the connection for another mail after a refused one.
   * @returns whether that succeeded
   */
  reset(): Promise<boolean>;
  /** Sends QUIT and closes. */
  quit(): void;
  /** Closes immediately. */
  close(): void;
  /** Called once the connection has ended, by either side. */
  onEnd(callback: () => void): void;
}

/**
 * Connects and logs in.
 * @throws SmtpFailure
 */
export async function openConnection(settings: ServerSettings, options: ConnectOptions): Promise<Connection> {
  const { signal } = options;
  const waits: SmtpTimeouts = { ...SMTP_TIMEOUTS, ...settings.waits };
  const socket = await openSocket(settings, waits, options);
  const conversation = createConversation(
    (exchange) => options.onExchange?.(exchange),
    (stage) => {
      if (smtp._socket) smtp._socket.setTimeout(waits[stage]);
    },
  );
  const smtp = new SMTPConnection({
    connection: socket,
    secure: settings.implicitTls,
    secured: settings.implicitTls,
    host: settings.host,
    port: settings.port,
    name: settings.ehloName,
    requireTLS: settings.startTls,
    ignoreTLS: !settings.startTls,
    tls: { rejectUnauthorized: settings.validateCertificates },
    ...(settings.credentials &&
      'tokens' in settings.credentials && {
        customAuth: { XOAUTH2: createXoauth2Handler(settings.credentials) },
      }),
    logger: conversation.logger,
    transactionLog: true,
    greetingTimeout: waits.greeting,
    connectionTimeout: waits.greeting + waits.ehlo + waits.tls,
    // This timeout applies until the conversation has begun; after that, the wait depends on the stage.
    socketTimeout: waits.greeting,
  });
  // Closing the connection ends every wait, because the connection then emits `end`.
  const abort = () => smtp.close();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await introduce(smtp, conversation);
    if (settings.credentials) await logIn(smtp, conversation, settings.credentials);
    return createConnection(smtp, conversation);
  } catch (error) {
    smtp.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Opens the socket, with implicit TLS if required. @throws SmtpFailure */
async function openSocket(
  settings: ServerSettings,
  waits: SmtpTimeouts,
  { signal, onExchange }: ConnectOptions,
): Promise<Socket> {
  const { host, port } = settings;
  const plain = connectSocket({ host, port });
  await opened(plain, 'connect', { event: 'connect', ms: waits.connect, signal });
  plain.setNoDelay(true);
  onExchange?.({ stage: 'connect', reply: `connected to ${plain.remoteAddress}` });
  if (!settings.implicitTls) return plain;
  const tls = connectTls({
    socket: plain,
    host,
    rejectUnauthorized: settings.validateCertificates,
    ...(isIP(host) === 0 && { servername: host }),
  });
  await opened(tls, 'tls', { event: 'secureConnect', ms: waits.tls, signal });
  onExchange?.({ stage: 'tls', reply: tls.getProtocol() ?? '' });
  return tls;
}

interface Opening {
  readonly event: 'connect' | 'secureConnect';
  readonly ms: number;
  readonly signal: AbortSignal;
}

async function opened(socket: Socket, stage: SmtpStage, { event, ms, signal }: Opening): Promise<void> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), ms);
  try {
    const given = AbortSignal.any([signal, patience.signal]);
    const closed = once(socket, 'close', { signal: given }).then(() => {
      throw new Error('the connection was closed');
    });
    await Promise.race([once(socket, event, { signal: given }), closed]);
  } catch (error) {
    // Later errors of the destroyed socket are ignored, because no code waits for them.
    socket.on('error', () => undefined);
    socket.destroy();
    throw new SmtpFailure(stageFailureOf(patience.signal.aborted ? noAnswer(ms) : error, stage));
  } finally {
    clearTimeout(timer);
  }
}

function noAnswer(ms: number): Error {
  return new Error(`no answer within ${ms / SECOND} s`);
}

/** Waits for the greeting and sends EHLO, with STARTTLS if required. @throws SmtpFailure */
async function introduce(smtp: SMTPConnection, conversation: Conversation): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    function fail(error: unknown): void {
      reject(new SmtpFailure(stageFailureOf(error, conversation.pending() ?? conversation.answered())));
    }
    smtp.on('error', fail);
    smtp.once('end', () => fail(new Error('the connection was closed')));
    smtp.connect((error) => (error ? fail(error) : resolve()));
  });
}

function createConnection(smtp: SMTPConnection, conversation: Conversation): Connection {
  let mails = 0;

  function send(
    { envelope, content }: ComposedMessage,
    options: Pick<SendOptions, 'mayProceed' | 'signal'>,
  ): ReturnType<Connection['send']> {
    const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<Connection['send']>>>();
    const repliesBefore = conversation.replies();
    const wasUsed = mails > 0;
    const state = { opened: false, withdrawn: false };
    mails += 1;

    const stream = new Readable({
      read() {
        if (!options.mayProceed()) {
          state.withdrawn = true;
          this.destroy(new Error('the lease has expired'));
          return;
        }
        state.opened = true;
        conversation.contentBegins();
        // The content is pushed as one chunk, because each chunk would be a separate write to the socket.
        this.push(content);
        this.push(null);
      },
    });

    function finish(result: SendResult, isStale = false): void {
      options.signal.removeEventListener('abort', onAbort);
      resolve({ result, isStale });
    }
    function onAbort(): void {
      smtp.close();
      if (!state.opened) finish({ kind: 'withdrawn' });
      else finish({ kind: 'deferred', failure: { stage: 'content', words: 'given up while waiting' } });
    }
    function onFailure(error: Error): void {
      if (state.withdrawn) {
        smtp.close();
        finish({ kind: 'withdrawn' });
        return;
      }
      const failed = stageFailureOf(error, conversation.pending() ?? conversation.answered(), envelope.to[0]);
      const replies = conversation.replies() - repliesBefore;
      const isClosing = failed.failure.code === undefined || failed.failure.code === 421;
      const unseen = replies === 0 || (replies === 1 && failed.failure.code === 421);
      finish(sendResultOf(failed), wasUsed && isClosing && unseen && !state.opened);
    }

    options.signal.addEventListener('abort', onAbort, { once: true });
    smtp.send({ from: envelope.from, to: [...envelope.to] }, stream, (error) =>
      error ? onFailure(error) : finish({ kind: 'accepted' }),
    );
    return promise;
  }

  return {
    mails: () => mails,
    isOpen: () => !smtp.destroyed,
    send,
    reset: () => new Promise((resolve) => smtp.reset((error) => resolve(!error))),
    quit: () => smtp.quit(),
    close: () => smtp.close(),
    onEnd: (callback) => void smtp.once('end', callback),
  };
}
