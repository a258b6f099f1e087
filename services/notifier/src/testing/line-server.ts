/**
 * An SMTP server for tests that reacts to each line as the test specifies. It can end a conversation at any
 * line.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * A reply without its final line break, or a function that returns the reply. If the function returns
 * undefined, the server sends nothing; the function may have written to the socket itself.
 */
export type ScriptedLineReply = string | ((line: string, socket: Socket) => string | undefined);

/**
 * The replies by verb, for example `RCPT`, and by the other lines that clients send: `.` ends the content,
 * and an empty line answers a challenge of AUTH. The server replies to every line that is not listed here
 * with success.
 */
export type ScriptedLineReplies = Readonly<Record<string, ScriptedLineReply>>;

export interface ScriptedLineServer {
  readonly port: number;
  /** All lines that clients have sent to the server, except the contents of mails. */
  readonly heard: readonly string[];
  /** Returns the highest number of connections that were open at the same time. */
  mostOpen(): number;
  close(): void;
}

const ACCEPTING: ScriptedLineReplies = {
  EHLO: '250 here',
  AUTH: '235 2.7.0 Welcome',
  MAIL: '250 2.1.0 Fine',
  RCPT: '250 2.1.5 Fine',
  DATA: '354 Go ahead',
  '.': '250 2.0.0 Taken',
  RSET: '250 2.0.0 Fine',
  QUIT: (_line, socket) => void socket.end('221 2.0.0 Bye\r\n'),
};

/** Starts a scripted SMTP server on a free port of the loopback interface. */
export async function startScriptedLineServer(
  replies: ScriptedLineReplies = {},
): Promise<ScriptedLineServer> {
  const table = { ...ACCEPTING, ...replies };
  const heard: string[] = [];
  const open = new Set<Socket>();
  let most = 0;

  function converse(socket: Socket): void {
    let isContent = false;

    function hear(line: string): void {
      if (isContent && line !== '.') return;
      heard.push(line);
      const reply = table[/^[a-z]+/i.exec(line)?.[0].toUpperCase() ?? line];
      const said = typeof reply === 'function' ? reply(line, socket) : reply;
      isContent = said?.startsWith('354') ?? false;
      if (said !== undefined) socket.write(`${said.replaceAll('\n', '\r\n')}\r\n`);
    }

    createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })
      .on('line', hear)
      .on('error', () => socket.destroy());
    socket.write('220 here\r\n');
  }

  const server = createServer((socket) => {
    open.add(socket);
    most = Math.max(most, open.size);
    socket.on('error', () => socket.destroy());
    // A connection counts as open until the client closes it.
    for (const event of ['end', 'close']) socket.once(event, () => open.delete(socket));
    converse(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    heard,
    mostOpen: () => most,
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}
