/** Routes behind a real server, for tests. */
import { Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { HttpOptions } from '../http/handler.ts';
import { type ListeningPart, listen } from '../http/listen.ts';
import type { Route } from '../http/route.ts';
import { createLogger, type Logger } from '../logger.ts';
import { createRegistry, type Registry } from '../metrics.ts';

export interface LogCapture {
  readonly logger: Logger;
  /** Everything written so far. */
  text(): string;
  lines(): readonly Readonly<Record<string, unknown>>[];
  /** Resolves with the first line that passes, written already or later. */
  line(
    passes: (line: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<Readonly<Record<string, unknown>>>;
}

/** A logger whose lines a test can read. */
export function captureLog(level = 'trace'): LogCapture {
  const written: string[] = [];
  const watchers = new Set<() => void>();
  const sink = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      for (const watcher of watchers) watcher();
      done();
    },
  });
  function lines(): readonly Readonly<Record<string, unknown>>[] {
    return written.map((line) => JSON.parse(line));
  }
  return {
    logger: createLogger({ name: 'test', level }, sink),
    text: () => written.join(''),
    lines,
    line: (passes) =>
      new Promise((resolve) => {
        function look(): void {
          const found = lines().find(passes);
          if (found === undefined) return;
          watchers.delete(look);
          resolve(found);
        }
        watchers.add(look);
        look();
      }),
  };
}

export interface Served {
  readonly part: ListeningPart;
  readonly origin: string;
  readonly log: LogCapture;
  readonly registry: Registry;
  /** `fetch` relative to the server. */
  call(path: string, init?: RequestInit): Promise<Response>;
  /** A request with a JSON body. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

/** Listens on a free port until the test ends. */
export async function serve(
  context: Pick<TestContext, 'after'>,
  routes: readonly Route[],
  options: Partial<HttpOptions> & { readonly drainMs?: number } = {},
): Promise<Served> {
  const log = captureLog();
  const registry = createRegistry();
  const part = listen({
    name: 'http',
    host: '127.0.0.1',
    port: 0,
    routes,
    logger: log.logger,
    registry,
    trustedProxies: [],
    corsOrigins: [],
    undeclared: 'fail',
    ...options,
  });
  await part.start();
  context.after(() => part.stop());
  const origin = `http://127.0.0.1:${part.port()}`;
  const call: Served['call'] = (path, init) => fetch(`${origin}${path}`, init);
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
