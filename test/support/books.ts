/** Runs the example service `examples/books`, which accepts access tokens of the system under test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Client, createClient } from './client.ts';
import { createServiceClientKey } from './client-key.ts';
import { killWhenTestEnds } from './end-with-test.ts';
import type { System } from './system.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'examples/books/src/main.ts');

export interface BooksExample {
  readonly client: Client;
  stop(): Promise<void>;
}

/**
 * Starts the example service. The service learns about revocations from Kafka or, without Kafka, from the
 * event feed over HTTP. Resolves once the service accepts connections.
 */
export async function startBooksExample({
  url,
  stores,
  ops,
}: Pick<System, 'url' | 'stores' | 'ops'>): Promise<BooksExample> {
  const { PATH } = process.env;
  const source = stores
    ? { KAFKA_BROKERS: stores.KAFKA_BROKERS }
    : { FEED_KEY: await createServiceClientKey({ ops }, 'events') };
  const books = spawn(process.execPath, [MAIN], {
    env: { PATH, PORT: '0', ISSUER: url, ...source },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  killWhenTestEnds(books);
  const ended = once(books, 'exit');
  const [line] = await once(createInterface(books.stdout), 'line');
  const address = /http:\/\/[^/]+/.exec(String(line))?.[0] ?? '';
  return {
    client: createClient(address),
    async stop() {
      books.kill('SIGTERM');
      await ended;
    },
  };
}
