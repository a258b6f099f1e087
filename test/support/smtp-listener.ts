/** An SMTP server that listens and keeps track of its connections. The caller decides how the server responds. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import type { Settings } from './system.ts';

export interface SmtpListener {
  /** Settings that make a system send its mails to this server. */
  readonly settings: Settings;
  /** Makes the server accept connections. */
  open(): Promise<void>;
  /** Makes the server refuse connections, and closes the open ones. Idempotent. */
  close(): Promise<void>;
  /** Closes a connection without sending a response. */
  hangUp(session: SMTPServerSession): void;
  isConnected(session: SMTPServerSession): boolean;
  /** Returns the number of open connections. */
  connections(): number;
}

/**
 * Creates the error with which a command's callback sends the given reply code:
 * `done(createSmtpRefusal(451))`.
 */
export function createSmtpRefusal(code: number): Error {
  return Object.assign(new Error('no'), { responseCode: code });
}

/** Creates an SMTP server. It refuses connections until `open` is called. */
export async function createSmtpListener(
  hooks: Pick<SMTPServerOptions, 'onRcptTo' | 'onData' | 'onClose'>,
): Promise<SmtpListener> {
  const port = await reserveFreePort();
  /** The open sockets by the port number of the client. */
  const sockets = new Map<number, Socket>();
  let server: SMTPServer | undefined;

  return {
    settings: {
      MAIL_SERVER: '127.0.0.1',
      MAIL_PORT: String(port),
      MAIL_STARTTLS: 'false',
      USE_CREDENTIALS: 'false',
      MAIL_FROM: 'no-reply@example.com',
    },
    open: async () => {
      server = new SMTPServer({
        authOptional: true,
        disabledCommands: ['STARTTLS', 'AUTH'],
        disableReverseLookup: true,
        ...hooks,
      });
      // Ignore errors of connections: a connection that the client closes is not a fault of this server.
      server.on('error', () => undefined);
      server.server.on('connection', (socket: Socket) => {
        const { remotePort = 0 } = socket;
        sockets.set(remotePort, socket);
        socket.once('close', () => sockets.delete(remotePort));
      });
      server.listen(port, '127.0.0.1');
      await once(server.server, 'listening');
    },
    close: async () => {
      if (server === undefined) return;
      const closed = once(server.server, 'close');
      server.server.close();
      for (const socket of sockets.values()) socket.destroy();
      server = undefined;
      await closed;
    },
    hangUp: ({ remotePort }) => void sockets.get(remotePort)?.destroy(),
    isConnected: ({ remotePort }) => sockets.get(remotePort)?.destroyed === false,
    connections: () => sockets.size,
  };
}
