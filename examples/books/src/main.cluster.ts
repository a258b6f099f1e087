import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaBus } from '@latchkey/bus/kafka';
import { signEventRecord, testEventJwks } from '@latchkey/consumer/testing/signed';
import { ACCOUNTS_TOPIC, type LatchkeyEvent, topics } from '@latchkey/events';
import { createTestTokens } from '@latchkey/guard/testing';

const brokers = process.env['KAFKA_BROKERS'];
if (!brokers) throw new Error('KAFKA_BROKERS is not set: this test needs a Kafka broker (host:port).');

const account = randomUUID();
const revoked: LatchkeyEvent = {
  id: randomUUID(),
  subject: account,
  sequence: 2,
  time: new Date().toISOString(),
  correlationId: 'request-1',
  causationId: 'command-1',
  type: 'SessionsRevoked',
  data: { userId: account, reason: 'logout-all' },
};

test('the books accept a token until its session is revoked', async (context) => {
  const tokens = await createTestTokens();
  const keys = createServer((_request, response) =>
    response.end(JSON.stringify({ keys: [...tokens.jwks.keys, ...testEventJwks.keys] })),
  ).listen(0);
  context.after(() => keys.close());
  await once(keys, 'listening');
  const bus = createKafkaBus({
    brokers: brokers.split(','),
    clientId: 'test',
    logger: { warn: () => undefined },
    onFatal: assert.fail,
  });
  context.after(() => bus.close());
  await bus.ensureTopics(topics);

  const books = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: {
      PORT: '0',
      KAFKA_BROKERS: brokers,
      ISSUER: tokens.options.issuer,
      JWKS_URL: `http://127.0.0.1:${(keys.address() as AddressInfo).port}`,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(() => books.kill('SIGKILL'));
  const [line] = await once(createInterface(books.stdout), 'line');
  const url = /http:\S+/.exec(String(line))?.[0] ?? '';
  const authorization = `Bearer ${await tokens.sign({ account, sequence: 1 })}`;
  async function status(): Promise<number> {
    return (await fetch(url, { headers: { authorization } })).status;
  }
  // Wait for the guard to read all earlier revocations of tokens. Until then, it responds with 503.
  while ((await status()) !== 200) await sleep(50);
  await bus.publish(ACCOUNTS_TOPIC, [signEventRecord(revoked)]);
  while ((await status()) !== 401) await sleep(50);

  const ended = once(books, 'exit');
  books.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});
