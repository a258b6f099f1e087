import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { ProcessPart } from '@latchkey/process';
import { abortResponseSignal } from './abort-signal.ts';
import { createProblemBody, type ProblemOptions } from './answer-problem.ts';
import { createHandler, type HttpOptions } from './handler.ts';
import { headersTooLargeProblem, type ProblemSpec, standardProblems } from './problem.ts';
import type { Route } from './route.ts';
import { securityHeaders } from './security-headers.ts';

export interface ListenOptions extends HttpOptions {
  readonly name: string;
  readonly host: string;
  /** The port to listen on; 0 for any free port. */
  readonly port: number;
  readonly routes: readonly Route[];
  /**
   * The names of the settings that contain `host` and `port`; error messages mention them. Default: HOST and
   * PORT.
   */
  readonly settings?: ListenSettings;
  /**
   * How long `stop` waits for requests in progress, in ms. Default: 8,000, which is less than the grace
   * period of `runProcess`.
   */
  readonly drainMs?: number;
}

interface ListenSettings {
  readonly host: string;
  readonly port: string;
}

export interface HttpServerPart extends ProcessPart {
  /** Returns the port in use. @throws Error before `start` */
  port(): number;
  server(): Server | undefined;
  /** Replaces the routes. With this method, the port can be bound before the routes exist. */
  serve(routes: readonly Route[]): void;
}

const TIMEOUTS = {
  /** The time within which a client must send a whole request, including its body, in ms. */
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  /**
   * How long an idle connection is kept open, in ms. This is longer than the timeout of gateways, so that the
   * gateway closes the idle connection. If the server closed it, the gateway could send a request at the same
   * moment, and the request would fail.
   */
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
};

/**
 * How long `stop` keeps a connection open that has not sent a request yet, in ms. Its first request may be on
 * the way.
 */
const FIRST_REQUEST_MS = 500;
/** How long `stop` accepts the connections that wait in the socket's backlog, at most, in ms. */
const BACKLOG_MS = 1_000;

/**
 * Creates a process part that serves routes. `start` binds the port. If the port is in use, `start` rejects
 * with a message for operators. `stop` accepts and serves the connections that wait in the backlog of the
 * socket, finishes the requests in progress, and closes idle connections. A rolling restart therefore causes
 * no failed requests (listen.test.ts). The packages http-terminator and stoppable are not used: they close
 * the listening socket immediately, which resets the connections in the backlog, and they destroy connections
 * whose first request is on the way.
 */
export function createHttpServerPart(options: ListenOptions): HttpServerPart {
  let listening: Listening | undefined;
  let stopping: Promise<void> | undefined;

  return {
    name: options.name,
    async start() {
      const tracked = trackedServer(options);
      await bind(tracked.server, options);
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

function bind(server: Server, options: ListenOptions): Promise<void> {
  const { host, port } = options;
  return new Promise((resolve, reject) => {
    function refuse(error: NodeJS.ErrnoException): void {
      reject(explained(error, options));
    }
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

const DEFAULT_SETTINGS: ListenSettings = { host: 'HOST', port: 'PORT' };

function explained(error: NodeJS.ErrnoException, options: ListenOptions): Error {
  const { host, port, settings = DEFAULT_SETTINGS } = options;
  const texts: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} on ${host} is in use: stop the program that listens there, or set ${settings.port} to another port`,
    EACCES: `this user may not listen on port ${port} of ${host}: set ${settings.port} to 1024 or higher`,
    EADDRNOTAVAIL: `${host} is not an address of this machine: set ${settings.host} to an address of this machine`,
    ENOTFOUND: `${host} cannot be resolved: set ${settings.host} to an address of this machine`,
  };
  return new Error(texts[error.code ?? ''] ?? `cannot listen on port ${port} of ${host}: ${error.message}`, {
    cause: error,
  });
}

interface Listening {
  readonly server: Server;
  serve(routes: readonly Route[]): void;
  close(drainMs: number): Promise<void>;
}

interface Connection {
  /** The responses that are in progress on a connection. */
  readonly answers: Set<ServerResponse>;
  hasSentRequest: boolean;
}

/** Creates a server that keeps a list of its connections, each with the responses in progress on it. */
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
      connection.hasSentRequest = true;
      answers.add(response);
      response.once('close', () => {
        answers.delete(response);
        // If the headers of the response were sent before `close` was called, they contain no `Connection:
        // close`. Therefore, close the connection here.
        if (closing && answers.size === 0) request.socket.end();
      });
    }
    if (closing) endSoon(response);
    handle(request, response);
  }

  // Disable Node's check of the Host header, because the handler refuses a request without this header
  // itself, with problem details.
  const server = createServer({ ...TIMEOUTS, requireHostHeader: false }, onRequest);
  server.on('connection', (socket) => {
    accepted += 1;
    connections.set(socket, { answers: new Set(), hasSentRequest: false });
    socket.once('close', () => connections.delete(socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const busy = (connections.get(socket)?.answers.size ?? 0) > 0;
    if (busy || !socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else socket.end(rawProblem(malformed(error.code), options));
  });

  /**
   * Waits until the backlog of the listening socket is empty. In each turn of the event loop, Node accepts
   * only some of the connections in the backlog, so this function waits for a turn in which Node accepted
   * none. If the socket were closed earlier, the remaining connections would be reset.
   */
  async function backlogTaken(): Promise<void> {
    const giveUpAt = performance.now() + BACKLOG_MS;
    // Wait for one turn of the event loop, because Node may not have looked for new connections yet in the
    // current turn.
    await setImmediate();
    for (let before = -1; before !== accepted && performance.now() < giveUpAt; ) {
      before = accepted;
      await setImmediate();
    }
  }

  async function close(drainMs: number): Promise<void> {
    closing = true;
    for (const { answers } of connections.values()) for (const answer of answers) endSoon(answer);
    await backlogTaken();
    const closed = once(server, 'close');
    const overdue = setTimeout(() => server.closeAllConnections(), drainMs);
    const silent = setTimeout(() => void closeSilent(), FIRST_REQUEST_MS);
    server.close();
    closeWhere(({ answers, hasSentRequest }) => answers.size === 0 && hasSentRequest);
    await closed;
    clearTimeout(overdue);
    clearTimeout(silent);
  }

  /**
   * Closes the connections that have no request in progress. First waits for two turns of the event loop, in
   * which Node reads requests that arrived while the event loop was blocked.
   */
  async function closeSilent(): Promise<void> {
    await setImmediate();
    await setImmediate();
    closeWhere(({ answers }) => answers.size === 0);
  }

  function closeWhere(matches: (connection: Connection) => boolean): void {
    for (const [socket, connection] of connections) if (matches(connection)) socket.destroy();
  }

  return { server, serve, close };
}

/** Closes a connection once its response in progress has been sent. */
function endSoon(answer: ServerResponse): void {
  if (!answer.headersSent) answer.setHeader('Connection', 'close');
  abortResponseSignal(answer);
}

function malformed(code: string | undefined): ProblemSpec {
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooLargeProblem;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { code: 'request_timeout', status: 408, title: 'Request Timeout' };
  }
  return standardProblems.validation_failed;
}

/**
 * Returns the complete text of an HTTP response, for a request that Node cannot parse. Node creates no
 * response object for such a request.
 */
function rawProblem(spec: ProblemSpec, options: ProblemOptions): string {
  const requestId = randomUUID();
  const detail =
    spec === headersTooLargeProblem
      ? 'The headers or the URL are too large.'
      : 'The request is not well-formed HTTP.';
  const body = createProblemBody({ spec, details: { detail } }, requestId, options);
  return [
    `HTTP/1.1 ${spec.status} ${spec.title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    ...Object.entries(securityHeaders.every).map(([name, value]) => `${name}: ${value}`),
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
