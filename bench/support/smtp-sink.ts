/** A mail server that accepts every mail immediately, and stores nothing but the time at which it accepted the mail. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Settings } from '../../test/support/system.ts';

export interface SmtpSink extends AsyncDisposable {
  /** Settings that make a system send its mails to this mail server. */
  readonly settings: Settings;
  /**
   * Returns the time at which a mail to an email address was accepted, in ms on the clock of `performance`. Returns
   * undefined if no mail to the address was accepted.
   */
  acceptedAt(address: string): number | undefined;
  /** Returns the number of mails that the server has accepted. */
  count(): number;
}

const ANSWERS: Readonly<Record<string, string>> = {
  EHLO: '250 sink',
  HELO: '250 sink',
  DATA: '354 go on',
  QUIT: '221 bye',
};

/**
 * Serves the part of SMTP (RFC 5321) that a client without extensions uses. Does not remove the additional
 * dot at the start of lines (RFC 5321, 4.5.2), because the content of the mails is not used.
 */
function converse(socket: Socket, accepted: (recipient: string) => void): void {
  let recipient = '';
  let inData = false;
  socket.setNoDelay(true);
  socket.write('220 sink\r\n');
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY });
  // The readline interface emits the errors of its socket again, and an error without a listener ends the
  // process.
  lines.on('error', () => socket.destroy());
  lines.on('line', (line) => {
    if (inData) {
      if (line !== '.') return;
      inData = false;
      accepted(recipient);
      socket.write('250 accepted\r\n');
      return;
    }
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'RCPT') recipient = /<(.*)>/.exec(line)?.[1] ?? '';
    inData = verb === 'DATA';
    socket.write(`${ANSWERS[verb] ?? '250 fine'}\r\n`);
    if (verb === 'QUIT') socket.end();
  });
}

export async function startSmtpSink(): Promise<SmtpSink> {
  const accepted = new Map<string, number>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // Close the socket after an error: if a client process ends, the operating system resets its connections.
    socket.on('error', () => socket.destroy());
    converse(socket, (recipient) => accepted.set(recipient, performance.now()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');

  return {
    settings: {
      MAIL_SERVER: '127.0.0.1',
      MAIL_PORT: String(address.port),
      MAIL_STARTTLS: 'false',
      MAIL_FROM: 'no-reply@latchkey.example',
      USE_CREDENTIALS: 'false',
    },
    acceptedAt: (recipient) => accepted.get(recipient),
    count: () => accepted.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
