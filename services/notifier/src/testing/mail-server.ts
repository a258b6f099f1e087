/**
 * A real SMTP server for tests. Each test decides how the server reacts to a mail, and can wait for the
 * accepted mails.
 */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface ReceivedMail {
  readonly to: readonly string[];
  readonly from: string;
  readonly parsed: Email;
  readonly raw: string;
  readonly secure: boolean;
  readonly user: string | undefined;
}

export interface TestMailServer {
  readonly port: number;
  readonly received: readonly ReceivedMail[];
  /** Resolves with the accepted mails once their total number is at least `count`. */
  waitFor(count: number): Promise<readonly ReceivedMail[]>;
  /** Returns the number of connections that clients have opened so far. */
  connections(): number;
  /** Closes all connections to the server without a reply. */
  hangUp(): void;
  close(): Promise<void>;
}

export interface TestMailServerOptions extends SMTPServerOptions {
  readonly port?: number;
  /**
   * Called with each mail that the server has received. If it returns an Error, the server replies with this
   * error; if it returns `close`, the server closes the connection without a reply.
   */
  onMail?(mail: ReceivedMail): Error | 'close' | undefined | Promise<Error | 'close' | undefined>;
}

/** Creates an SMTP error reply, which `onMail` can return. */
export function createSmtpReply(responseCode: number, message = 'no'): Error {
  return Object.assign(new Error(message), { responseCode });
}

export async function startTestMailServer({
  port = 0,
  onMail,
  ...options
}: TestMailServerOptions = {}): Promise<TestMailServer> {
  const received: ReceivedMail[] = [];
  const waiting = new Set<() => void>();
  const sockets = new Set<Socket>();
  let connections = 0;

  function hangUp(): void {
    for (const socket of sockets) socket.destroy();
  }

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    ...options,
    onData(stream, session, done) {
      async function take(): Promise<Error | undefined> {
        const raw = await buffer(stream);
        const mail: ReceivedMail = {
          to: session.envelope.rcptTo.map(({ address }) => address),
          from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
          parsed: await PostalMime.parse(raw),
          raw: raw.toString('utf8'),
          secure: session.secure,
          user: session.user,
        };
        const answer = await onMail?.(mail);
        if (answer === 'close') {
          hangUp();
          return undefined;
        }
        if (answer) return answer;
        received.push(mail);
        for (const check of waiting) check();
        return undefined;
      }
      take().then((error) => done(error ?? null), done);
    },
  });
  server.on('error', () => undefined);
  const connected = options.secure ? 'secureConnection' : 'connection';
  server.server.on(connected, (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');

  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    connections: () => connections,
    waitFor: (count) => {
      const { promise, resolve } = Promise.withResolvers<readonly ReceivedMail[]>();
      function check(): void {
        if (received.length < count) return;
        waiting.delete(check);
        resolve(received);
      }
      waiting.add(check);
      check();
      return promise;
    },
    hangUp,
    close: async () => {
      // Close the connections, so that the port is free immediately.
      hangUp();
      server.close();
    },
  };
}
