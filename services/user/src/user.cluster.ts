/** Tests two concurrent instances of the user service on Kafka and MongoDB. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Bus } from '@latchkey/bus';
import { createIsolatedBusOpener } from '@latchkey/bus/testing/isolated';
import { createRemoteEventKeySource, type EventKeySource } from '@latchkey/consumer';
import { signEventRecord, testEventJwks, testEventKeySource } from '@latchkey/consumer/testing/signed';
import { ACCOUNTS_TOPIC, encode, type LatchkeyEvent } from '@latchkey/events';
import { createHttpServerPart } from '@latchkey/http';
import { createTestDatabase } from '@latchkey/mongo/testing';
import { createLogger, createMetricsRegistry, readConfig } from '@latchkey/process';
import { compose, topicsOfUserService, userSettingsSchema } from './index.ts';
import { listProfileIndexes } from './storage/mongo/schema.ts';
import { adaPersonalData, createTestHistory, type TestHistory } from './testing/history.ts';
import { signTestToken, TEST_ISSUER, testTokenKeys } from './testing/tokens.ts';

const database = createTestDatabase('user', listProfileIndexes());
const openBus = createIsolatedBusOpener();
const publisher = openBus();

const PATIENCE_MS = 120_000;

function publish(...events: readonly LatchkeyEvent[]): Promise<void> {
  return publisher.publish(
    ACCOUNTS_TOPIC,
    events.map((event) => encode(event)),
  );
}

interface Instance {
  readonly bus: Bus;
  /** Closes the instance's connection to MongoDB, to simulate an outage. The connection stays closed. */
  loseStore(): Promise<void>;
  stop(): Promise<void>;
  health(): ReturnType<ReturnType<typeof compose>['health']>;
  metric(name: string): Promise<number>;
  get(
    path: string,
    token: string,
  ): Promise<{ status: number; headers: Headers; version: number | undefined }>;
}

interface SignatureSettings {
  readonly eventKeys?: EventKeySource;
  readonly signatures?: 'warn' | 'require';
}

/**
 * Starts an instance of the user service with its own connections and a real HTTP server. It runs until it is stopped
 * or the test ends.
 */
async function startInstance(
  context: TestContext,
  { eventKeys = testEventKeySource, signatures = 'warn' }: SignatureSettings = {},
): Promise<Instance> {
  const bus = openBus();
  await bus.ensureTopics(topicsOfUserService);
  const mongo = await database.another();
  const registry = createMetricsRegistry();
  const logger = createLogger({ name: 'user', level: 'silent' });
  const service = compose(
    readConfig(userSettingsSchema, { PUBLIC_URL: TEST_ISSUER, EVENT_SIGNATURES: signatures }),
    {
      backend: { store: mongo, bus },
      logger,
      registry,
      keys: testTokenKeys,
      eventKeys,
      waits: { timeoutMs: PATIENCE_MS },
    },
  );
  const server = createHttpServerPart({
    name: 'http',
    host: '127.0.0.1',
    port: 0,
    routes: service.routes,
    logger,
    registry,
    trustedProxies: [],
    corsOrigins: [],
    undeclared: 'fail',
  });
  await service.start();
  await server.start();
  async function stop() {
    await server.stop();
    await service.stop();
  }
  context.after(stop);
  return {
    bus,
    loseStore: mongo.close,
    stop,
    health: service.health,
    metric: async (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await registry.metrics())?.[1]),
    async get(path, token) {
      const response = await fetch(`http://127.0.0.1:${server.port()}/api/v1${path}`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      const { version } = (await response.json()) as { version?: number };
      return { status: response.status, headers: response.headers, version };
    },
  };
}

/** Creates 40 accounts, so that each of the twelve partitions contains some of them. */
function accounts(prefix: string): readonly TestHistory[] {
  return Array.from({ length: 40 }, (_, index) => createTestHistory(`${prefix}${index}`));
}

/**
 * Asserts that an instance returns the account at the given sequence. Retries, as a client would, while the read model
 * is behind.
 */
async function assertComes(instance: Instance, account: TestHistory, sequence: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await instance.get('/users/me', signTestToken(account.id, sequence))).status === 503) {
    assert.ok(performance.now() < deadline, 'the read model did not catch up');
  }
  await assertShown(instance, account, sequence);
}

async function assertShown(instance: Instance, account: TestHistory, sequence: number): Promise<void> {
  const { status, version } = await instance.get('/users/me', signTestToken(account.id, sequence));
  assert.deepEqual({ status, version }, { status: 200, version: sequence });
}

test('every instance shows callers their own changes, whichever instance reads the partition', async (context) => {
  await database.empty();
  const instances = [await startInstance(context), await startInstance(context)];
  const people = accounts('reader');
  await publish(...people.map((person) => person.registered()));
  for (const instance of instances) for (const person of people) await assertComes(instance, person, 1);
  // Send the requests before the events are published, so that the requests have to wait.
  const answers = people.flatMap((person) => instances.map((instance) => assertShown(instance, person, 2)));
  await publish(...people.map((person) => person.verified()));
  await Promise.all(answers);

  const admin = createTestHistory('grace');
  const [first, second] = instances;
  assert.ok(first && second);
  const role = {
    role: 'admin',
    previousRole: 'user',
    changedBy: 'ops',
    locale: 'en',
    person: adaPersonalData,
  } as const;
  await publish(admin.registered(), admin.verified(), admin.add('RoleChanged', role));
  const token = signTestToken(admin.id, 3);
  const listed = await Promise.all(
    [first, second].map((instance) => instance.get('/users?limit=100', token)),
  );
  assert.deepEqual(
    listed.map(({ status }) => status),
    [200, 200],
  );
});

test('instances that come and go lose no event and read none twice into a profile', async (context) => {
  await database.empty();
  const first = await startInstance(context);
  const people = accounts('mover');
  await publish(...people.map((person) => person.registered()));
  const second = await startInstance(context);
  await publish(...people.map((person) => person.verified()));
  await first.stop();
  const renamed = people.map((person) => person.add('ProfileChanged', { person: { username: 'renamed' } }));
  await publish(...renamed);
  await Promise.all(people.map((person) => assertComes(second, person, 3)));

  await second.stop();
  await publish(...people.map((person) => person.add('ProfileChanged', { person: { username: 'again' } })));
  const third = await startInstance(context);
  await Promise.all(people.map((person) => assertComes(third, person, 4)));
});

test('accounts that miss an event resume once it arrives, whichever instance reads it', async (context) => {
  await database.empty();
  const first = await startInstance(context);
  const people = accounts('gap');
  const late = people.map((person) => {
    const [registered, missing, third] = [person.registered(), person.verified(), person.verified()];
    return { early: [registered, third], missing };
  });
  await publish(...late.flatMap(({ early }) => early));
  async function untilProjection(detail: string | undefined): Promise<void> {
    const details = (await first.health()).filter(({ name }) => name === 'projection');
    if (details[0]?.detail !== detail) return nextTurn().then(() => untilProjection(detail));
  }
  await untilProjection('40 parked accounts');
  const second = await startInstance(context);
  await publish(...late.map(({ missing }) => missing));
  await untilProjection(undefined);
  for (const person of people) await assertShown(second, person, 3);
});

test('an instance that has lost its store responds with 503 and the reason, while another continues', async (context) => {
  await database.empty();
  const [lost, other] = [await startInstance(context), await startInstance(context)];
  const person = createTestHistory('lost');
  await publish(person.registered());
  await assertComes(lost, person, 1);
  await lost.loseStore();
  const answer = await lost.get('/users/me', signTestToken(person.id, 1));
  assert.equal(answer.status, 503);
  assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  async function down(): Promise<string> {
    const health = await lost.health();
    return health
      .filter(({ state }) => state === 'down')
      .map(({ name }) => name)
      .join();
  }
  while ((await down()) !== 'read model') await nextTurn();
  // Publish while the first instance stops. The other instance then takes over its partitions and must apply
  // the event.
  await publish(person.verified());
  const leaving = lost.stop();
  await assertComes(other, person, 2);
  await leaving;
});

test('an event that a key signed which auth does not show yet waits for it, and is then applied', async (context) => {
  await database.empty();
  const shown = { keys: [] as readonly object[] };
  const jwks = createServer((_, response) => void response.end(JSON.stringify(shown)));
  jwks.listen(0, '127.0.0.1');
  await once(jwks, 'listening');
  context.after(() => jwks.close());
  const { port } = jwks.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/jwks.json`;
  const instance = await startInstance(context, {
    eventKeys: createRemoteEventKeySource(url),
    signatures: 'require',
  });
  const account = createTestHistory('rotated');
  await publisher.publish(ACCOUNTS_TOPIC, [signEventRecord(account.registered(adaPersonalData))]);
  async function eventKeys() {
    return (await instance.health()).find(({ name }) => name === 'event keys');
  }
  const deadline = performance.now() + PATIENCE_MS;
  while ((await eventKeys())?.state === 'ok') {
    assert.ok(performance.now() < deadline, 'the event does not wait');
    await nextTurn();
  }
  assert.equal(await instance.metric('latchkey_user_event_keys_missing'), 1);
  assert.deepEqual(await eventKeys(), {
    name: 'event keys',
    needed: false,
    state: 'degraded',
    detail: `${url} lacks the key test: events that it signed wait up to 5 minutes`,
  });
  shown.keys = testEventJwks.keys;
  await assertComes(instance, account, 1);
  assert.equal((await eventKeys())?.state, 'ok');
  assert.equal(await instance.metric('latchkey_user_event_keys_missing'), 0);
});
