/** A real mail server that a test can take away and bring back. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { freePort } from './free-port.ts';
import type { Mail } from './mailbox.ts';
import type { Settings } from './system.ts';

export interface TakenMail extends Mail {
  readonly to: readonly string[];
}

export interface MailServer {
  /** What makes a system send its mails here. */
  readonly settings: Settings;
  /** Every mail that was answered with 250, or would have been. */
  readonly taken: readonly TakenMail[];
  to(address: string): readonly TakenMail[];
  /** Takes connections from now on. */
  open(): Promise<void>;
  /** Refuses connections from now on, and cuts those there are. */
  close(): Promise<void>;
}

export interface Moods {
  /** Called with each recipient: an SMTP code refuses it. */
  readonly onRecipient?: (address: string) => number | undefined;
  /** Called with each mail: `lost` takes it and closes the connection without an answer. */
  readonly onMail?: (address: string) => 'lost' | undefined;
}

const refusal = (code: number): Error => Object.assign(new Error('no'), { responseCode: code });

/** Not open yet. */
export async function createMailServer({ onRecipient, onMail }: Moods = {}): Promise<MailServer> {
  const port = await freePort();
  const taken: TakenMail[] = [];
  const sockets = new Set<Socket>();
  let server: SMTPServer | undefined;

  async function take(stream: SMTPServerDataStream, { envelope }: SMTPServerSession): Promise<void> {
    const { messageId, subject, html, text: plain } = await PostalMime.parse(await text(stream));
    const to = envelope.rcptTo.map(({ address }) => address);
    const id = String(taken.length);
    taken.push({
      id,
      messageId: messageId ?? '',
      subject: subject ?? '',
      html: html ?? '',
      text: plain ?? '',
      to,
    });
    if (onMail?.(to[0] ?? '') === 'lost') for (const socket of sockets) socket.destroy();
  }

  const open = async (): Promise<void> => {
    server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      disableReverseLookup: true,
      onRcptTo: ({ address }, _session, done) => {
        const code = onRecipient?.(address);
        done(code === undefined ? null : refusal(code));
      },
      onData: (stream, session, done) => {
        take(stream, session).then(() => done(), done);
      },
    });
    // A connection that was cut is no fault of the server.
    server.on('error', () => undefined);
    server.server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    server.listen(port, '127.0.0.1');
    await once(server.server, 'listening');
  };

  return {
    settings: {
      MAIL_SERVER: '127.0.0.1',
      MAIL_PORT: String(port),
      MAIL_STARTTLS: 'false',
      USE_CREDENTIALS: 'false',
      MAIL_FROM: 'no-reply@example.com',
    },
    taken,
    to: (address) => taken.filter(({ to }) => to.includes(address)),
    open,
    close: async () => {
      if (server === undefined) return;
      const closed = once(server.server, 'close');
      server.server.close();
      for (const socket of sockets) socket.destroy();
      server = undefined;
      await closed;
    },
  };
}
