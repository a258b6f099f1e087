/**
 * An SMTP server for tests. A script determines the reply at each stage and for each recipient, and which extensions
 * the server offers in its reply to EHLO (AUTH or PIPELINING).
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import PostalMime, { type Email } from 'postal-mime';

/**
 * What the server does at one stage: a reply of one or more lines, or one of these keywords:
 * - `drop` closes the connection. It may also be the last line of a reply.
 * - `stall` sends no reply.
 * - `lost`, only after the content: accepts the mail, and closes the connection without a reply.
 * - `slow`, only after the content: accepts the mail, and replies after a delay.
 */
export type ScriptedReply = string;

/** The replies for one recipient, in order. After the last reply, the server accepts this recipient's mails. */
export interface RecipientScript {
  readonly rcpt?: readonly ScriptedReply[];
  readonly data?: readonly ScriptedReply[];
  readonly content?: readonly ScriptedReply[];
  /** The server's replies to the command RSET after a mail to the recipient. */
  readonly rset?: readonly ScriptedReply[];
}

/**
 * The server's replies at the stages before a recipient is named. If the script contains no reply for a
 * stage, the server accepts the command.
 */
export interface SessionScript {
  readonly greeting?: ScriptedReply;
  readonly ehlo?: ScriptedReply;
  readonly helo?: ScriptedReply;
  readonly starttls?: ScriptedReply;
  readonly auth?: (command: string) => ScriptedReply | undefined;
  readonly mail?: ScriptedReply;
}

export interface AcceptedMail {
  /** The return path of the mail (MAIL FROM). */
  readonly from: string;
  readonly to: string;
  readonly email: Email;
  /**
   * Whether the server sent its reply to the content. If false, the client does not know that the mail was accepted.
   */
  readonly isAnswered: boolean;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly port: number;
  readonly taken: readonly AcceptedMail[];
  /** Returns the mails that the server has accepted for a recipient. */
  to(address: string): readonly AcceptedMail[];
  /** Returns how many connections to the server are open. */
  open(): number;
  /** Closes all connections to the server. */
  closeAll(): void;
  /** Returns the highest number of connections to the server that were open at the same time. */
  most(): number;
  /** All lines that clients have sent, except the contents of mails. */
  readonly heard: readonly string[];
}

export interface ServerScript {
  /** Returns the script of a session. Called at the start of each connection. */
  readonly session?: SessionScript;
  /** Returns the script for a recipient. Called when a client names the recipient for the first time. */
  recipient?(address: string): RecipientScript | undefined;
  /**
   * Called before each reply to MAIL, to RCPT and to the content. If the function returns a reply, the server
   * sends this reply instead of the scripted one.
   */
  always?(stage: 'mail' | 'rcpt' | 'content', to: string): ScriptedReply | undefined;
}

/** How long the keyword `slow` delays the reply, in ms: longer than the notifier's lease in these tests. */
const SLOW_MS = 17_500;

export async function startScriptedServer(script: ServerScript = {}): Promise<ScriptedServer> {
  const taken: AcceptedMail[] = [];
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const left = new Map<string, Record<keyof RecipientScript, ScriptedReply[]>>();
  let most = 0;

  function leftFor(to: string) {
    const known = left.get(to);
    if (known !== undefined) return known;
    const { rcpt = [], data = [], content = [], rset = [] } = script.recipient?.(to) ?? {};
    const fresh = { rcpt: [...rcpt], data: [...data], content: [...content], rset: [...rset] };
    left.set(to, fresh);
    return fresh;
  }

  function converse(socket: Socket): void {
    const { session = {} } = script;
    let from = '';
    let to = '';
    let lines: string[] | undefined;
    /** Whether the client is logging in. While it is, the server does not treat its lines as SMTP commands. */
    let inAuth = false;

    function say(said: ScriptedReply): void {
      if (said === 'drop' || said === 'lost') socket.destroy();
      else if (said.endsWith('\ndrop')) socket.end(said.slice(0, -'drop'.length).replaceAll('\n', '\r\n'));
      else if (said.startsWith('221')) socket.end(`${said}\r\n`);
      else if (said !== 'stall') socket.write(`${said.replaceAll('\n', '\r\n')}\r\n`);
    }

    async function take(content: string): Promise<void> {
      const said = script.always?.('content', to) ?? leftFor(to).content.shift() ?? '250 2.0.0 Taken';
      if (/^(?:250|lost$|slow$)/.test(said))
        taken.push({ from, to, email: await PostalMime.parse(content), isAnswered: said !== 'lost' });
      if (said === 'slow') await pause(SLOW_MS);
      say(said === 'slow' ? '250 2.0.0 Taken at last' : said);
    }

    function login(line: string): ScriptedReply {
      const said = session.auth?.(line) ?? '235 2.7.0 Welcome';
      inAuth = said.startsWith('334');
      return said;
    }

    function answerTo(line: string): ScriptedReply {
      switch (line.slice(0, 4).toUpperCase()) {
        case 'EHLO':
          return session.ehlo ?? '250 here';
        case 'HELO':
          return session.helo ?? '250 here';
        case 'STAR':
          return session.starttls ?? '454 4.7.0 TLS not available';
        case 'AUTH':
          return login(line);
        case 'MAIL':
          from = /<(.*?)>/.exec(line)?.[1] ?? '';
          return script.always?.('mail', '') ?? session.mail ?? '250 2.1.0 Fine';
        case 'RCPT':
          to = /<(.*)>/.exec(line)?.[1] ?? '';
          return script.always?.('rcpt', to) ?? leftFor(to).rcpt.shift() ?? '250 2.1.5 Fine';
        case 'DATA':
          return leftFor(to).data.shift() ?? '354 Go ahead';
        case 'RSET':
          return leftFor(to).rset.shift() ?? '250 2.0.0 Fine';
        case 'QUIT':
          return '221 2.0.0 Bye';
        default:
          return '250 2.0.0 Fine';
      }
    }

    function hear(line: string): void {
      if (lines === undefined) {
        heard.push(line);
        const said = inAuth ? login(line) : answerTo(line);
        if (said.startsWith('354')) lines = [];
        say(said);
      } else if (line === '.') {
        const content = lines.join('\r\n');
        lines = undefined;
        void take(content);
      } else lines.push(line.startsWith('.') ? line.slice(1) : line);
    }

    createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })
      .on('line', hear)
      .on('error', () => socket.destroy());
    say(session.greeting ?? '220 here');
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    most = Math.max(most, sockets.size);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    converse(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');

  return {
    port: address.port,
    taken,
    to: (recipient) => taken.filter((mail) => mail.to === recipient),
    open: () => sockets.size,
    closeAll: () => {
      for (const socket of sockets) socket.destroy();
    },
    most: () => most,
    heard,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
