/** Receives reports about mails, which arrive as mails over SMTP (RFC 5321) or LMTP (RFC 2033). */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@latchkey/process';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Clock } from '../ports/clock.ts';
import type { MailReportReader } from '../ports/reports.ts';
import type { HandleMailReport, MailReportOutcome } from '../reports/record-report.ts';
import type { ReturnPaths } from '../reports/return-paths.ts';

/**
 * The maximum size of a report about a mail, in bytes. A report may quote the whole mail. Latchkey's mails
 * are smaller than 64 KiB, so every report about one of them fits.
 */
export const MAX_REPORT_BYTES = 256 * 1024;
/** The maximum number of bytes to read of a mail. The connection of a larger mail is closed. */
const MAX_READ_BYTES = 2 * MAX_REPORT_BYTES;
const MAX_CONNECTIONS = 50;
/** The maximum number of connections from one IP address, unless `trusts` returns true for the address. */
export const MAX_CONNECTIONS_PER_IP = 10;
const SOCKET_TIMEOUT_MS = 60_000;
/** The maximum duration of a connection, in ms. Sending a report takes seconds. */
const MAX_SESSION_MS = 5 * 60_000;
const CLOSE_TIMEOUT_MS = 1_000;

export interface ReportReceiverSettings {
  readonly host: string;
  /** The port on which the receiver listens; 0 for any free port. */
  readonly port: number;
  readonly isLmtp: boolean;
  /** The name with which the server introduces itself in its greeting. */
  readonly name: string;
  /**
   * Returns whether an IP address may have more than MAX_CONNECTIONS_PER_IP connections. Default: only
   * loopback addresses may. With LMTP, all addresses may, because only the operator's own mail server uses
   * LMTP.
   */
  trusts?(address: string): boolean;
}

export interface ReportReceiverDeps {
  readonly returnPaths: ReturnPaths;
  readonly reader: MailReportReader;
  readonly take: HandleMailReport;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly logger: Logger;
}

/** A mail server that receives reports. */
export interface ReportReceiver {
  /**
   * Starts to listen for reports.
   * @throws Error with a one-line message if the port cannot be used
   */
  start(): Promise<void>;
  /** Stops listening, and finishes receiving the mails in progress. Idempotent. */
  stop(): Promise<void>;
  /** Returns the port on which the receiver listens. Must be called after `start`. */
  port(): number;
}

function refusal(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

const UNKNOWN = refusal(550, '5.1.1 No such address here');
const ONE_AT_A_TIME = refusal(452, '4.5.3 One recipient at a time');
const TOO_LARGE = refusal(552, '5.3.4 Too large for a report');
const FAR_TOO_LARGE = refusal(552, '5.3.4 Far too large for a report');
const TOO_MANY_CONNECTIONS = refusal(421, '4.7.0 Too many connections from your address');
const LATER = refusal(451, '4.3.0 Try again later');

function isLoopback(address: string): boolean {
  return /^(127(\.\d{1,3}){3}|::1)$/.test(address);
}

/**
 * Reads the content of a mail. A mail of more than MAX_REPORT_BYTES is read to its end, but not kept; a mail
 * of more than MAX_READ_BYTES is not even read to its end.
 * @throws an error that makes the server refuse the mail, if the mail has more than MAX_REPORT_BYTES
 */
async function contentOf(stream: SMTPServerDataStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_READ_BYTES) throw FAR_TOO_LARGE;
    if (bytes <= MAX_REPORT_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_REPORT_BYTES) throw TOO_LARGE;
  return Buffer.concat(chunks);
}

export function createReportReceiver(
  settings: ReportReceiverSettings,
  deps: ReportReceiverDeps,
): ReportReceiver {
  const { returnPaths, reader, take, clock, logger } = deps;
  const { isLmtp, trusts = isLoopback } = settings;
  /** The accepted connections by id. `ended` is aborted when the connection ends. */
  const sessions = new Map<string, { readonly address: string; readonly ended: AbortController }>();

  function isExpected(address: string): boolean {
    return returnPaths.deliveryIn(address) !== undefined || returnPaths.isForFeedback(address);
  }

  function isCrowded(address: string): boolean {
    const others = [...sessions.values()].filter((session) => session.address === address);
    return others.length >= MAX_CONNECTIONS_PER_IP && !isLmtp && !trusts(address);
  }

  function connectionOf({ id }: SMTPServerSession) {
    return [...server.connections].find((connection) => connection.id === id);
  }

  async function limitDuration(session: SMTPServerSession, signal: AbortSignal): Promise<void> {
    await clock.sleep(MAX_SESSION_MS, signal);
    connectionOf(session)?.send(421, '4.4.2 The connection took too long');
  }

  async function receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const body = await contentOf(stream);
    const proof = session.envelope.rcptTo[0]?.address;
    const taken = await take(reader, { body, proof }).catch((error: unknown): MailReportOutcome => {
      logger.warn({ err: error }, 'a report could not be recorded: it will be sent again');
      return 'later';
    });
    if (taken === 'later') throw LATER;
    // Reply to forged reports with success as well. A refusal would tell the forger which reports pass the
    // check, and might cause a bounce to the innocent owner of a forged sender address.
  }

  const server = new SMTPServer({
    name: settings.name,
    lmtp: isLmtp,
    size: MAX_REPORT_BYTES,
    maxClients: MAX_CONNECTIONS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    closeTimeout: CLOSE_TIMEOUT_MS,
    disableReverseLookup: true,
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onConnect(session, callback) {
      const { id, remoteAddress: address } = session;
      if (isCrowded(address)) return callback(TOO_MANY_CONNECTIONS);
      const ended = new AbortController();
      sessions.set(id, { address, ended });
      void limitDuration(session, ended.signal);
      callback(null);
    },
    onClose({ id }) {
      sessions.get(id)?.ended.abort();
      sessions.delete(id);
    },
    onRcptTo({ address }, { envelope }, callback) {
      if (!isExpected(address)) callback(UNKNOWN);
      else callback(envelope.rcptTo.length > 0 ? ONE_AT_A_TIME : null);
    },
    onData(stream, session, callback) {
      receive(stream, session).then(
        () => callback(null, '2.0.0 Taken'),
        (error: Error) => {
          callback(error);
          if (error === FAR_TOO_LARGE) connectionOf(session)?.close();
        },
      );
    },
  });
  server.on('error', (error) => logger.info({ err: error }, 'a connection with reports failed'));
  let stopped: Promise<void> | undefined;

  return {
    async start() {
      const { host, port } = settings;
      server.listen(port, host);
      await once(server.server, 'listening').catch((error: NodeJS.ErrnoException) => {
        throw new Error(`MAIL_BOUNCE_PORT: port ${port} on ${host} cannot be used (${error.code})`, {
          cause: error,
        });
      });
    },
    stop() {
      stopped ??= server.server.listening
        ? new Promise((resolve) => server.close(() => resolve()))
        : Promise.resolve();
      return stopped;
    },
    port: () => (server.server.address() as AddressInfo).port,
  };
}
