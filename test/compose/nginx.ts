/** Runs the gateway's configuration in the nginx that is installed on this machine, in front of simulated services. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import { eventually } from '../support/eventually.ts';

const TEMPLATE = join(import.meta.dirname, '../../deploy/gateway/nginx.conf');

export type GatewaySettings = Readonly<Record<string, string>>;

/**
 * The settings of the gateway in tests. The rate limits are so high that no test reaches them by accident.
 */
const DEFAULTS: GatewaySettings = {
  GATEWAY_RESOLVER: '127.0.0.1:53',
  // Nothing listens on port 9, so the gateway cannot reach the notifier.
  GATEWAY_NOTIFIER: '127.0.0.1:9',
  GATEWAY_ENV: 'production',
  GATEWAY_CORS_ORIGINS: '',
  GATEWAY_MAX_BODY: '64k',
  GATEWAY_AUTH_RATE: '1000r/s',
  GATEWAY_AUTH_BURST: '1000',
  GATEWAY_PASSWORD_RATE: '1000r/s',
  GATEWAY_PASSWORD_BURST: '1000',
};

export interface Gateway {
  readonly url: string;
  readonly port: number;
  readonly healthUrl: string;
  /** Returns all lines that the gateway has written to its access log so far. */
  accessLog(): Promise<readonly AccessLogLine[]>;
  /** Waits until the access log contains a line about the request with the given id, and returns the line. */
  logged(requestId: string): Promise<AccessLogLine>;
  /** Returns everything that nginx has written: its logs, and all other files in its folder. */
  written(): Promise<string>;
  stop(): Promise<void>;
}

export interface AccessLogLine {
  readonly requestId: string;
  readonly path: string;
  readonly status: number;
  readonly upstreamStatus: string;
}

/**
 * Starts nginx with the configuration of the gateway, and resolves once it is ready.
 * @throws Error that names the package if nginx is not installed
 */
export async function startGateway(settings: GatewaySettings): Promise<Gateway> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-gateway-'));
  const port = await reserveFreePort();
  const health = await reserveFreePort();
  const paths = {
    conf: join(folder, 'nginx.conf'),
    out: join(folder, 'out.log'),
    err: join(folder, 'err.log'),
  };
  await writeFile(
    paths.conf,
    filledIn(await readFile(TEMPLATE, 'utf8'), {
      ...DEFAULTS,
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      GATEWAY_HEALTH_LISTEN: `127.0.0.1:${health}`,
      ...settings,
    }),
  );
  // Let nginx log to files: it opens /dev/stdout by its path, which fails if stdout is a socket.
  const [out, err] = await Promise.all([open(paths.out, 'a'), open(paths.err, 'a')]);
  const child = spawn('nginx', ['-p', folder, '-c', paths.conf], {
    env: { PATH: `${process.env['PATH']}:/usr/sbin` },
    stdio: ['ignore', out.fd, err.fd],
  });
  const ended = once(child, 'close').catch(() => {
    throw new Error('nginx cannot be run: install it (Debian: apt-get install nginx-light)');
  });
  await Promise.all([out.close(), err.close()]);
  const healthUrl = `http://127.0.0.1:${health}/healthz`;
  await Promise.race([answers(healthUrl, child, paths.err), ended.then(() => undefined)]);

  async function accessLog() {
    return (await readFile(paths.out, 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line): AccessLogLine => JSON.parse(line));
  }

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    healthUrl,
    accessLog,
    logged: (requestId) =>
      eventually(`the gateway logs the request ${requestId}`, async () =>
        (await accessLog()).find((line) => line.requestId === requestId),
      ),
    written: async () =>
      (await Promise.all([paths.out, paths.err].map((path) => readFile(path, 'utf8')))).join('\n'),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Replaces the variables of the configuration template by the settings, as the nginx image does.
 * @throws AssertionError if a setting has no value
 */
function filledIn(template: string, settings: GatewaySettings): string {
  const conf = Object.entries(settings).reduce(
    (rest, [name, value]) => rest.replaceAll(`\${${name}}`, value),
    template,
  );
  assert.doesNotMatch(conf, /\$\{[A-Z_]+\}/);
  return conf;
}

function answers(url: string, child: ChildProcess, errorLog: string): Promise<true> {
  return eventually('nginx answers', async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${await readFile(errorLog, 'utf8')}`);
    return (await fetch(url).catch(() => undefined))?.status === 204;
  }).then(() => true);
}

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A simulated service behind the gateway. */
export interface SimulatedService {
  readonly address: string;
  /** The requests that the simulated service has received. */
  readonly arrived: ReceivedRequest[];
  /** Sets the function that responds to all later requests. */
  answerWith(answer: (request: ReceivedRequest, response: ServerResponse) => void): void;
  stop(): void;
}

export async function startSimulatedService(name: string): Promise<SimulatedService> {
  const arrived: ReceivedRequest[] = [];
  let answer = (_request: ReceivedRequest, response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ name }));
  };
  const server = createServer(async (request, response) => {
    const seen = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: await text(request),
    };
    arrived.push(seen);
    answer(seen, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    address: `127.0.0.1:${address.port}`,
    arrived,
    answerWith: (other) => {
      answer = other;
    },
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
