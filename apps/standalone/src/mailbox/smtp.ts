/**
 * The SMTP server of the mailbox, on loopback. Accepts every mail for any recipient. Idle connections are
 * kept for an hour, because smtp-server delays the greeting of each connection by 100 ms to detect clients
 * that send too early. A client that reuses its connections therefore waits only once for each connection.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Logger, ProcessPart } from '@latchkey/process';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Mailbox } from './mailbox.ts';
import type { MailEnvelope } from './message.ts';

const MAX_MAIL_BYTES = 10 * 1024 * 1024;
const IDLE_TIMEOUT_MS = 60 * 60 * 1000;

export interface MailboxSmtpServer extends ProcessPart {
  /** Returns the port that the server listens on. Must be called after `start`. */
  port(): number;
}

function envelopeOf(session: SMTPServerSession): MailEnvelope {
  return {
    from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
    to: session.envelope.rcptTo.map(({ address }) => address),
  };
}

function tooLarge(): Error {
  return Object.assign(new Error('Message exceeds the maximum size'), { responseCode: 552 });
}

export function createMailboxSmtpServer(options: {
  readonly mailbox: Mailbox;
  readonly logger: Logger;
  readonly host: string;
  /** The port to listen on. 0 selects any free port. */
  readonly port: number;
}): MailboxSmtpServer {
  async function keep(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> {
    const raw = await buffer(stream);
    if (stream.sizeExceeded) throw tooLarge();
    return `OK: queued as ${await options.mailbox.receive(raw, envelopeOf(session))}`;
  }

  const server = new SMTPServer({
    name: 'localhost',
    banner: 'Latchkey mailbox',
    size: MAX_MAIL_BYTES,
    socketTimeout: IDLE_TIMEOUT_MS,
    closeTimeout: 1000,
    disableReverseLookup: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onData: (stream, session, callback) => {
      keep(stream, session).then(
        (reply) => callback(null, reply),
        (error: Error) => callback(error),
      );
    },
  });
  let stopped: Promise<void> | undefined;

  return {
    name: 'mailbox',
    async start() {
      server.on('error', (error) => options.logger.warn({ err: error }, 'a mailbox connection failed'));
      server.listen(options.port, options.host);
      await once(server.server, 'listening');
    },
    stop() {
      stopped ??= server.server.listening
        ? new Promise((resolve) => server.close(() => resolve()))
        : Promise.resolve();
      return stopped;
    },
    health: async () => [{ name: 'mailbox', state: server.server.listening ? 'ok' : 'down', needed: false }],
    port: () => (server.server.address() as AddressInfo).port,
  };
}
