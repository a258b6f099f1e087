import type { TestContext } from 'node:test';
import { createMetricsRegistry, type Registry } from '@latchkey/process';
import { captureLog, type LogCapture } from '@latchkey/process/testing';
import type { HttpOptions } from '../handler.ts';
import { createHttpServerPart, type HttpServerPart } from '../listen.ts';
import type { Route } from '../route.ts';

export interface ServedRoutes {
  readonly part: HttpServerPart;
  readonly origin: string;
  readonly log: LogCapture;
  readonly registry: Registry;
  /** Sends a request to a path of the test server. */
  call(path: string, init?: RequestInit): Promise<Response>;
  /** Sends a POST request with a JSON body to a path of the test server. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

/** Serves routes on a free port until the test ends. */
export async function serveRoutes(
  context: Pick<TestContext, 'after'>,
  routes: readonly Route[],
  options: Partial<HttpOptions> & { readonly drainMs?: number } = {},
): Promise<ServedRoutes> {
  const log = captureLog();
  const registry = createMetricsRegistry();
  const part = createHttpServerPart({
    name: 'http',
    host: '127.0.0.1',
    port: 0,
    routes,
    logger: log.logger,
    registry,
    trustedProxies: [],
    corsOrigins: [],
    corsHeaders: ['Account-Sequence'],
    undeclared: 'fail',
    problemTypes: 'urn:latchkey:problem:',
    ...options,
  });
  await part.start();
  context.after(() => part.stop());
  const origin = `http://127.0.0.1:${part.port()}`;
  const call: ServedRoutes['call'] = (path, init) => fetch(`${origin}${path}`, init);
  return {
    part,
    origin,
    log,
    registry,
    call,
    post: (path, body, headers = {}) =>
      call(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
  };
}
