/** A handler as a part that listens. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { Part } from '@latchkey/process';
import { problemBody } from './answer-problem.ts';
import { createHandler, type HttpOptions } from './handler.ts';
import { type ProblemSpec, problems } from './problem.ts';
import type { Route } from './route.ts';

export interface ListenOptions extends HttpOptions {
  readonly name: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly routes: readonly Route[];
  /** How long `stop` waits for requests in hand, in ms; default 8,000, within the grace of `runProcess`. */
  readonly drainMs?: number;
}

export interface ListeningPart extends Part {
  /** The port in use, once started. */
  port(): number;
  server(): Server | undefined;
  /** Answers with these routes from now on: for who must know the port before there is anything to serve. */
  serve(routes: readonly Route[]): void;
}

const TIMEOUTS = {
  /** For the whole request, body included. */
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  /** Longer than gateways keep theirs, so that they close first and no request meets a closing connection. */
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
};

/** How long a connection without a request is left open by `stop`, in ms: its first may be on its way. */
const FIRST_REQUEST_MS = 500;
/** How long `stop` goes on accepting at most, in ms, where they never cease to come. */
const BACKLOG_MS = 1_000;

/**
 * Starts to listen on `start` (a taken port: one clear Error naming it); `stop` takes no new connections,
 * finishes the requests in hand, hears those who have just connected, and closes idle connections.
 */
export function listen(options: ListenOptions): ListeningPart {
  let listening: Listening | undefined;
  let stopping: Promise<void> | undefined;

  return {
    name: options.name,
    async start() {
      const tracked = trackedServer(options);
      await bind(tracked.server, options.host, options.port);
      listening = tracked;
    },
    async stop() {
      if (listening !== undefined) stopping = listening.close(options.drainMs ?? 8_000);
      listening = undefined;
      await stopping;
    },
    health: async () => [],
    port() {
      const address = listening?.server.address();
      if (!isAddressInfo(address)) throw new Error(`${options.name} does not listen`);
      return address.port;
    },
    server: () => listening?.server,
    serve(routes) {
      if (listening === undefined) throw new Error(`${options.name} does not listen`);
      listening.serve(routes);
    },
  };
}

function isAddressInfo(address: AddressInfo | string | null | undefined): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    function refuse(error: NodeJS.ErrnoException): void {
      reject(explained(error, host, port));
    }
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

const explained = (error: NodeJS.ErrnoException, host: string, port: number): Error => {
  const texts: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} on ${host} is taken: stop what listens there, or set PORT to another`,
    EACCES: `port ${port} on ${host} is not allowed to this user: set PORT to one from 1024 up`,
    EADDRNOTAVAIL: `${host} is not an address of this machine: set HOST to one that is`,
    ENOTFOUND: `${host} is not a known name or address: set HOST to one that is`,
  };
  return new Error(texts[error.code ?? ''] ?? `cannot listen on port ${port} of ${host}: ${error.message}`, {
    cause: error,
  });
};

interface Listening {
  readonly server: Server;
  serve(routes: readonly Route[]): void;
  close(drainMs: number): Promise<void>;
}

interface Connection {
  /** Those that it still waits for. */
  readonly answers: Set<ServerResponse>;
  hasAsked: boolean;
}

/** A server that knows which of its connections have a request in hand. */
function trackedServer(options: ListenOptions): Listening {
  let handle = createHandler(options.routes, options);
  function serve(routes: readonly Route[]): void {
    handle = createHandler(routes, options);
  }
  const connections = new Map<Duplex, Connection>();
  let accepted = 0;
  let closing = false;

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const connection = connections.get(request.socket);
    if (connection !== undefined) {
      const { answers } = connection;
      connection.hasAsked = true;
      answers.add(response);
      response.once('close', () => {
        answers.delete(response);
        // An answer whose headers had gone out when the end was asked for could not say that it is the last.
        if (closing && answers.size === 0) request.socket.end();
      });
    }
    if (closing) response.setHeader('Connection', 'close');
    handle(request, response);
  }

  // A missing Host is refused by the handler, as a problem.
  const server = createServer({ ...TIMEOUTS, requireHostHeader: false }, onRequest);
  server.on('connection', (socket) => {
    accepted += 1;
    connections.set(socket, { answers: new Set(), hasAsked: false });
    socket.once('close', () => connections.delete(socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const busy = (connections.get(socket)?.answers.size ?? 0) > 0;
    if (busy || !socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else socket.end(rawProblem(malformed(error.code)));
  });

  /**
   * Resolves right after a turn of the event loop in which nobody connected. A turn takes no more than a few of those
   * who wait to be accepted, and whoever still waits when the socket closes is refused without a hearing.
   */
  async function backlogTaken(): Promise<void> {
    const giveUpAt = performance.now() + BACKLOG_MS;
    // What is left of the present turn: it may have looked at the socket already, or not at all.
    await setImmediate();
    for (let before = -1; before !== accepted && performance.now() < giveUpAt; ) {
      before = accepted;
      await setImmediate();
    }
  }

  async function close(drainMs: number): Promise<void> {
    closing = true;
    for (const { answers } of connections.values())
      for (const answer of answers) if (!answer.headersSent) answer.setHeader('Connection', 'close');
    await backlogTaken();
    const closed = once(server, 'close');
    const overdue = setTimeout(() => server.closeAllConnections(), drainMs);
    const silent = setTimeout(() => closeWhere(({ answers }) => answers.size === 0), FIRST_REQUEST_MS);
    server.close();
    closeWhere(({ answers, hasAsked }) => answers.size === 0 && hasAsked);
    await closed;
    clearTimeout(overdue);
    clearTimeout(silent);
  }

  function closeWhere(matches: (connection: Connection) => boolean): void {
    for (const [socket, connection] of connections) if (matches(connection)) socket.destroy();
  }

  return { server, serve, close };
}

function malformed(code: string | undefined): ProblemSpec {
  if (code === 'HPE_HEADER_OVERFLOW') return { ...problems.payload_too_large, status: 431 };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { code: 'request_timeout', status: 408, title: 'Request Timeout' };
  }
  return problems.validation_failed;
}

/** By hand, as what could not be read as HTTP has no response object. */
function rawProblem(spec: ProblemSpec): string {
  const requestId = randomUUID();
  const body = problemBody(spec, { detail: 'The request is not well-formed HTTP.' }, requestId);
  return [
    `HTTP/1.1 ${spec.status} ${spec.title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
