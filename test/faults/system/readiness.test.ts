import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { watchReadiness } from './readiness.ts';

/** Starts a server that answers each request with the body that was set last. */
async function startOperations(t: TestContext) {
  let body = '';
  let answered = 0;
  const server = createServer((_, response) => {
    answered += 1;
    response.writeHead(503).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async answerTwice(state: string, dependencies: readonly object[] = []): Promise<void> {
      body = JSON.stringify({ state, dependencies });
      const before = answered;
      await eventually('it was asked twice', () => answered >= before + 2);
    },
    async garbleTwice(): Promise<void> {
      body = 'not JSON';
      const before = answered;
      await eventually('it was asked twice', () => answered >= before + 2);
    },
  };
}

describe('the readiness of a process during a fault', () => {
  test('has the dependencies that were down at some time, with their messages', async (t) => {
    const operations = await startOperations(t);
    const end = watchReadiness(operations.url);
    await operations.answerTwice('down', [
      { name: 'journal', state: 'down', detail: 'the disk is full' },
      { name: 'smtp', state: 'degraded', detail: 'slow' },
    ]);
    await operations.answerTwice('down', [{ name: 'sessions', state: 'down', detail: 'the disk is full' }]);
    const { answeredMs, down } = await end();
    assert.deepEqual(down, ['journal: the disk is full', 'sessions: the disk is full']);
    assert.ok(answeredMs > 0);
  });

  test('does not count the time during a start or without a response', async (t) => {
    const operations = await startOperations(t);
    const end = watchReadiness(operations.url);
    await operations.answerTwice('starting', [{ name: 'journal', state: 'down', detail: 'starting' }]);
    await operations.garbleTwice();
    assert.deepEqual(await end(), { answeredMs: 0, down: [] });
  });
});
