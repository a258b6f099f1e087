/** Tests two notifiers at the same time on Kafka and MongoDB, with a real mail server. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { createIsolatedBusOpener } from '@latchkey/bus/testing/isolated';
import { testEventKeySource } from '@latchkey/consumer/testing/signed';
import { ACCOUNTS_TOPIC, encode, type LatchkeyEvent } from '@latchkey/events';
import { createTestDatabase } from '@latchkey/mongo/testing';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import { systemClock } from './adapters/clock.system.ts';
import { NOTIFIER_CONSUMER_GROUP } from './consumer-group.ts';
import { compose, notifierTopics } from './index.ts';
import type { Clock } from './ports/clock.ts';
import { notifierIndexes } from './storage/mongo/schema.ts';
import { createLinkToken, createSealingKey, createTestEvent } from './testing/events.ts';
import { startTestMailServer, type TestMailServer } from './testing/mail-server.ts';
import { createSettingsForMailServer } from './testing/settings.ts';

const database = createTestDatabase('notifier', notifierIndexes);
const openBus = createIsolatedBusOpener();
const publisher = openBus();
const key = await createSealingKey();

/** Starts a notifier with its own connections. It runs until it is stopped or the test ends. */
async function startNotifier(context: TestContext, port: number, clock: Clock = systemClock) {
  const config = createSettingsForMailServer(port, key, { MAIL_LEASE_SECONDS: '45' });
  const bus = openBus();
  await bus.ensureTopics(notifierTopics);
  const mongo = await database.another();
  const registry = createMetricsRegistry();
  const service = compose(config, {
    backend: { store: mongo, bus },
    logger: createLogger({ name: 'notifier', level: 'silent' }),
    registry,
    eventKeys: testEventKeySource,
    clock,
  });
  await service.start();
  context.after(service.stop);
  return { service, registry, loseStore: mongo.close };
}

async function publish(...events: readonly LatchkeyEvent[]): Promise<void> {
  for (const event of events) {
    const { topic, ...record } = encode(event);
    await publisher.publish(topic, [record]);
  }
}

async function aSignUp(email: string): Promise<LatchkeyEvent> {
  const subject = randomUUID();
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const link = { purpose: 'verification', to: email, userId: subject, expiresAt } as const;
  const verification = await key.seal({ ...link, token: createLinkToken() });
  const data = { role: 'user', locale: 'en', person: { email, username: 'ada' }, verification } as const;
  return createTestEvent('UserRegistered', data, { subject });
}

function signUps(count: number, name: string): Promise<readonly LatchkeyEvent[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => aSignUp(`${name}${index}@example.com`)));
}

async function startServer(context: TestContext, script?: Parameters<typeof startTestMailServer>[0]) {
  const server = await startTestMailServer(script);
  context.after(server.close);
  return server;
}

function recipients({ received }: TestMailServer): readonly string[] {
  return received.flatMap(({ to }) => to).toSorted();
}

function emailsOf(count: number, name: string): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index}@example.com`).toSorted();
}

/**
 * Polls a condition until it holds, because no event signals that it holds.
 * @throws Error after two minutes
 */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('it did not come to pass in 120 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

let counting: ReturnType<typeof database.another> | undefined;

async function countIn(state: string): Promise<number> {
  counting ??= database.another();
  return (await counting).connection.collection('notifier_deliveries').countDocuments({ state });
}

test('two notifiers send every mail once, even if records are repeated', async (context) => {
  await database.empty();
  const server = await startServer(context);
  await startNotifier(context, server.port);
  await startNotifier(context, server.port);
  const events = await signUps(60, 'once');
  await publish(...events, ...events.slice(0, 20));
  await server.waitFor(60);
  await until(
    async () => (await publisher.progressOf(NOTIFIER_CONSUMER_GROUP, [ACCOUNTS_TOPIC])).read === 80,
  );
  await until(async () => (await countIn('sent')) === 60);
  assert.deepEqual(recipients(server), emailsOf(60, 'once'));
});

test('mails that a notifier had claimed when it died are sent by another once the leases have expired', async (context) => {
  await database.empty();
  const neverAnswers = Promise.withResolvers<undefined>();
  const { promise: taken, resolve: isTaken } = Promise.withResolvers<void>();
  const deaf = await startServer(context, {
    onConnect: () => isTaken(),
    onMail: () => neverAnswers.promise,
  });
  const dying = await startNotifier(context, deaf.port);
  await publish(...(await signUps(32, 'left')));
  await taken;
  await until(async () => (await countIn('claimed')) === 30 && (await countIn('pending')) === 2);
  await dying.loseStore();

  const server = await startServer(context);
  const { service } = await startNotifier(context, server.port);
  await until(async () => (await countIn('sent')) === 2);
  assert.equal(await countIn('claimed'), 30);
  await server.waitFor(32);
  await until(async () => (await countIn('sent')) === 32);
  assert.deepEqual(recipients(server), emailsOf(32, 'left'));
  async function states() {
    return (await service.health()).map(({ name, state }) => `${name} ${state}`).join();
  }
  await until(
    async () => (await states()) === 'deliveries ok,bus ok,event keys ok,sealing keys ok,smtp ok,reports ok',
  );
  assert.deepEqual((await dying.service.health()).find(({ name }) => name === 'deliveries')?.state, 'down');
  neverAnswers.resolve(undefined);
});

test('a mail is sent by the notifier that reads its record, without waiting for a poll', async (context) => {
  await database.empty();
  const server = await startServer(context);
  const never: Clock = {
    ...systemClock,
    sleep: async (_ms, signal) => void (signal?.aborted === false && (await once(signal, 'abort'))),
  };
  const instances = [
    await startNotifier(context, server.port, never),
    await startNotifier(context, server.port, never),
  ];
  for (const [index, event] of (await signUps(20, 'swift')).entries()) {
    await publish(event);
    await server.waitFor(index + 1);
  }
  for (const { registry } of instances) {
    assert.match(await registry.metrics(), /latchkey_notifier_deliveries\{state="pending"\} \d/);
  }
});
