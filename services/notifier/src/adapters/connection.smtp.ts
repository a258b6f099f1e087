/** A connection to the mail server. This module opens the connection, logs in, and sends mails over it. */
import { once } from 'node:events';
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { MailSendResult } from '../delivery/attempt.ts';
import type { SmtpStage } from '../delivery/reply.ts';
import type { SendMailOptions } from '../ports/mailer.ts';
import { createSmtpConversation, type SmtpExchange } from './conversation.smtp.ts';
import {
  SmtpFailure,
  toMailSendResult,
  toSmtpConversationFailure,
  toSmtpStageFailure,
} from './failure.smtp.ts';
import {
  createNodemailerLoginHandlers,
  logInToSmtpServer,
  type RefusedLoginMechanisms,
  type SmtpCredentials,
  SmtpLoginInterrupted,
  wasClosedDuringLogin,
} from './login.smtp.ts';
import type { ComposedMessage } from './message.smtp.ts';
import { runSmtpStep, type SmtpSession } from './step.smtp.ts';

/** How to connect to the mail server, and how to log in. */
export interface SmtpServerSettings {
  readonly host: string;
  readonly port: number;
  /** Whether to use TLS from the first byte of the connection. */
  readonly implicitTls: boolean;
  /**
   * Whether STARTTLS is required. If STARTTLS is not required, it is not used, even if the server offers it.
   */
  readonly startTls: boolean;
  readonly validateCertificates: boolean;
  readonly credentials?: SmtpCredentials;
  /** The name that the notifier gives in the SMTP command EHLO. */
  readonly ehloName: string;
  /**
   * How long to wait for the mail server at each stage, in ms. Overrides SMTP_TIMEOUTS for the given stages.
   */
  readonly waits?: Partial<SmtpTimeouts>;
}

/** The timeout of each stage of the conversation with the mail server, in ms. */
export type SmtpTimeouts = Readonly<Record<SmtpStage, number>>;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/**
 * The timeouts of RFC 5321 4.5.3.2 for each stage of the conversation with the mail server. The RFC defines
 * no timeouts for connecting and for TLS; 30 s are sufficient in a healthy network.
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

/**
 * How long to try each IP address of a server with several addresses before trying the next one, in ms.
 * Node's default of 250 ms is too short for a server on another continent, or after a lost packet.
 */
const ADDRESS_TIMEOUT_MS = 5 * SECOND;

export interface SmtpConnectOptions {
  readonly signal: AbortSignal;
  /** The login mechanisms that the mail server refused on earlier connections. Default: none. */
  readonly refused?: RefusedLoginMechanisms;
  /** Called when the socket is open, when TLS is established, and for each reply of the mail server. */
  onExchange?(exchange: SmtpExchange): void;
}

/** An open connection to the mail server, after the login. It sends one mail at a time. */
export interface SmtpConnection {
  /** Returns how many mails were sent over this connection. */
  mails(): number;
  /** Returns whether mails can be sent over this connection. */
  isOpen(): boolean;
  /**
   * Sends a mail over this connection. Sends RSET first if the server refused the previous mail. The promise
   * never rejects.
   */
  send(
    message: ComposedMessage,
    options: Pick<SendMailOptions, 'mayProceed' | 'signal'>,
  ): Promise<ConnectionSendResult>;
  /** Sends QUIT, waits at most 2 s until the server closes the connection, and then closes it. */
  quit(): void;
  /** Registers a callback that is called once both sides have closed the connection. */
  onClose(callback: () => void): void;
}

/** The result of sending a mail over one connection. */
export interface ConnectionSendResult {
  readonly result: MailSendResult;
  /**
   * Whether the connection was closed before the server saw the mail. If so, the result says nothing about
   * the mail.
   */
  readonly isStale: boolean;
}

/** How long the server may take to close a connection that we want to close, in ms. */
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * Connects to the mail server and logs in. If the server refuses a login mechanism and closes the connection,
 * connects again as long as there is another mechanism to try.
 * @throws SmtpFailure
 */
export async function openSmtpConnection(
  settings: SmtpServerSettings,
  options: SmtpConnectOptions,
): Promise<SmtpConnection> {
  const { refused = new Set() } = options;
  try {
    return await connect(settings, { ...options, refused });
  } catch (error) {
    if (!(error instanceof SmtpLoginInterrupted)) throw error;
    return openSmtpConnection(settings, { ...options, refused }).catch((later: unknown) => {
      // If the server has closed the second connection without refusing anything, throw the refusal on the
      // first connection, which says more about the cause.
      throw wasClosedDuringLogin(later) ? error : later;
    });
  }
}

async function connect(
  settings: SmtpServerSettings,
  options: SmtpConnectOptions & { readonly refused: RefusedLoginMechanisms },
): Promise<SmtpConnection> {
  const waits: SmtpTimeouts = { ...SMTP_TIMEOUTS, ...settings.waits };
  const socket = await openSocket(settings, waits, options);
  const conversation = createSmtpConversation(
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
    ...(settings.credentials && { customAuth: createNodemailerLoginHandlers(settings.credentials) }),
    logger: conversation.logger,
    transactionLog: true,
    greetingTimeout: waits.greeting,
    connectionTimeout: waits.greeting + waits.ehlo + waits.tls,
    // The timeout for the greeting. When a later stage begins, `createSmtpConversation` calls its callback,
    // which sets the timeout of that stage.
    socketTimeout: waits.greeting,
    socketCloseTimeout: CLOSE_TIMEOUT_MS,
  });
  // Ignore errors here: each step reports its own errors, and an error between two steps closes the connection
  // and need not be reported.
  smtp.on('error', () => undefined);
  const session: SmtpSession = { smtp, conversation, signal: options.signal };
  try {
    await introduce(session);
    if (settings.credentials) await logInToSmtpServer(session, settings.credentials, options.refused);
    return createConnection(session, socket);
  } catch (error) {
    smtp.close();
    throw error;
  }
}

/**
 * Opens the socket to the mail server, with implicit TLS if required.
 * @throws SmtpFailure
 */
async function openSocket(
  settings: SmtpServerSettings,
  waits: SmtpTimeouts,
  { signal, onExchange }: SmtpConnectOptions,
): Promise<Socket> {
  const { host, port } = settings;
  const plain = connectSocket({
    host,
    port,
    // The time for connecting to one address is at most half of the total timeout, so that there is always
    // time to try a second address.
    autoSelectFamilyAttemptTimeout: Math.min(ADDRESS_TIMEOUT_MS, Math.ceil(waits.connect / 2)),
  });
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
    // Ignore errors that the socket emits after it was destroyed. Without a listener, these errors would crash
    // the process.
    socket.on('error', () => undefined);
    socket.destroy();
    throw new SmtpFailure(toSmtpStageFailure(patience.signal.aborted ? noAnswer(ms) : error, stage));
  } finally {
    clearTimeout(timer);
  }
}

function noAnswer(ms: number): Error {
  return new Error(`no answer within ${ms / SECOND} s`);
}

/**
 * Waits for the greeting of the mail server and sends EHLO, with STARTTLS if required.
 * @throws SmtpFailure
 */
async function introduce({ smtp, conversation, signal }: SmtpSession): Promise<void> {
  try {
    await runSmtpStep(smtp, signal, (done) => smtp.connect(done));
  } catch (error) {
    throw new SmtpFailure(toSmtpConversationFailure(error, conversation));
  }
}

/**
 * Creates the object that sends mails over an open connection. Must be called after the login.
 * @param socket the TCP or TLS socket on which the connection was opened. After STARTTLS, this is the TCP
 * socket below TLS
 */
function createConnection({ smtp, conversation }: SmtpSession, socket: Socket): SmtpConnection {
  let mails = 0;
  /** Whether the server refused the last mail. If so, RSET must be sent before the next mail. */
  let needsReset = false;

  async function reset(signal: AbortSignal): Promise<boolean> {
    try {
      await runSmtpStep(smtp, signal, (done) => smtp.reset(done));
      needsReset = false;
      return true;
    } catch {
      smtp.close();
      return false;
    }
  }

  async function send(
    { envelope, content }: ComposedMessage,
    { mayProceed, signal }: Pick<SendMailOptions, 'mayProceed' | 'signal'>,
  ): Promise<ConnectionSendResult> {
    if (needsReset && !(await reset(signal))) return { result: { kind: 'withdrawn' }, isStale: true };
    const repliesBefore = conversation.replies();
    const wasUsed = mails > 0;
    const state = { opened: false, withdrawn: false };
    mails += 1;
    conversation.begins('mail');

    const stream = new Readable({
      read() {
        if (!mayProceed()) {
          state.withdrawn = true;
          this.destroy(new Error('the lease has expired'));
          return;
        }
        state.opened = true;
        conversation.contentBegins();
        // Push the whole content of the mail as one chunk, because every chunk causes a separate write to the
        // socket.
        this.push(content);
        this.push(null);
      },
    });

    function sendingAfter(error: unknown): ConnectionSendResult {
      const isAborted = error === signal.reason;
      if (state.withdrawn || (isAborted && !state.opened))
        return { result: { kind: 'withdrawn' }, isStale: false };
      if (isAborted) {
        const failure = { stage: 'content', words: 'given up while waiting' } as const;
        return { result: { kind: 'deferred', failure }, isStale: false };
      }
      const failed = toSmtpConversationFailure(error, conversation, envelope.to[0]);
      const replies = conversation.replies() - repliesBefore;
      const isClosing = failed.failure.code === undefined || failed.failure.code === 421;
      const unseen = replies === 0 || (replies === 1 && failed.failure.code === 421);
      return { result: toMailSendResult(failed), isStale: wasUsed && isClosing && unseen && !state.opened };
    }

    try {
      await runSmtpStep(smtp, signal, (done) =>
        smtp.send({ from: envelope.from, to: [...envelope.to] }, stream, done),
      );
      return { result: { kind: 'accepted' }, isStale: false };
    } catch (error) {
      needsReset = true;
      if (state.withdrawn) smtp.close();
      return sendingAfter(error);
    }
  }

  return {
    mails: () => mails,
    isOpen: () => !smtp.destroyed,
    send,
    quit() {
      smtp.quit();
      const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS).unref();
      socket.once('close', () => clearTimeout(timer));
    },
    onClose: (callback) => void socket.once('close', callback),
  };
}
