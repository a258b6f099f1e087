import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { createKafkaBus } from '@latchkey/bus/kafka';
import { signEventRecords, testEventJwks } from '@latchkey/consumer/testing/signed';
import { ACCOUNTS_TOPIC, type LatchkeyEvent, topics } from '@latchkey/events';

const brokers = process.env['KAFKA_BROKERS'];
if (!brokers) throw new Error('KAFKA_BROKERS is not set: this test needs a Kafka broker (host:port).');

const account = randomUUID();
function of(sequence: number) {
  return {
    id: randomUUID(),
    subject: account,
    sequence,
    time: '2026-01-01T00:00:00.000Z',
    correlationId: 'request-1',
    causationId: 'command-1',
  };
}
const person = { email: 'ada@example.com', username: 'ada-lovelace' };
const events: readonly LatchkeyEvent[] = [
  { ...of(1), type: 'UserRegistered', data: { userId: account, role: 'user', locale: 'en', person } },
  { ...of(2), type: 'SessionsRevoked', data: { userId: account, reason: 'logout-all' } },
];

test('the subscriber greets, forgets tokens, logs no personal data, and stops on SIGTERM', async (context) => {
  const bus = createKafkaBus({
    brokers: brokers.split(','),
    clientId: 'test',
    logger: { warn: () => undefined },
    onFatal: assert.fail,
  });
  context.after(() => bus.close());
  await bus.ensureTopics(topics);
  await bus.publish(ACCOUNTS_TOPIC, signEventRecords(events));
  const auth = createServer((_request, response) => response.end(JSON.stringify(testEventJwks))).listen(0);
  context.after(() => auth.close());
  await once(auth, 'listening');

  const subscriber = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: {
      KAFKA_BROKERS: brokers,
      JWKS_URL: `http://127.0.0.1:${(auth.address() as AddressInfo).port}`,
      KAFKA_GROUP: `subscriber-${randomUUID()}`,
      OPERATIONS_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  context.after(() => subscriber.kill('SIGKILL'));
  const ended = once(subscriber, 'exit');
  const told: string[] = [];
  for await (const line of createInterface(subscriber.stdout)) {
    if (line.includes(account) && told.push(line) === events.length) subscriber.kill('SIGTERM');
  }
  assert.deepEqual(await ended, [0, null]);
  assert.deepEqual(
    told.map((line) => JSON.parse(line).msg),
    ['welcome', 'tokens forgotten'],
  );
  assert.doesNotMatch(told.join(), /ada@|lovelace/i);
});
