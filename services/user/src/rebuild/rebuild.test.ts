/**
 * Tests rebuilds while the service runs on a data folder. Ops commands have their own database connection, as they
 * would in a process of their own.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { acceptAllRecords, testEventKeySource } from '@latchkey/consumer/testing/signed';
import { ACCOUNTS_TOPIC, encode, type LatchkeyEvent } from '@latchkey/events';
import { createLogger, createMetricsRegistry, readConfig } from '@latchkey/process';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { createFixedKeySource } from '@latchkey/tokens';
import { compose, topicsOfUserService } from '../compose.ts';
import { userSettingsSchema } from '../config.ts';
import { openUserOps } from '../ops.ts';
import { loadStoredAccount } from '../ports/profiles.ts';
import { toStoredAccount } from '../profile/stored-account.ts';
import { openSqliteUserStorage } from '../storage/sqlite/index.ts';
import { createTestHistory, type TestHistory } from '../testing/history.ts';
import { createReadModelRebuild, type ReadModelRebuild } from './rebuild.ts';

const SHORT_MS = 5;
/**
 * How long the user service may take to notice that the pointer has changed, in ms. It reads the pointer every second.
 */
const NOTICED_MS = 1500;
const PATIENCE_MS = 120_000;

async function scene(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-rebuild-'));
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database });
  await bus.ensureTopics(topicsOfUserService);
  const registry = createMetricsRegistry();
  const service = compose(
    readConfig(userSettingsSchema, { PUBLIC_URL: 'https://id.example.com', EVENT_SIGNATURES: 'warn' }),
    {
      backend: { store: createSqliteStore(database), bus },
      logger: createLogger({ name: 'user', level: 'silent' }),
      registry,
      keys: createFixedKeySource({ keys: [] }),
      eventKeys: testEventKeySource,
    },
  );
  await service.start();

  const sharedDatabase = openDatabase({ folder, as: 'shared' });
  const ops = createEmbeddedBus({ database: sharedDatabase });
  const stores = openSqliteUserStorage({ database: sharedDatabase });
  /** Creates a rebuild without any state in memory, as each start of the ops command does. */
  const open = (over: Partial<Parameters<typeof createReadModelRebuild>[0]> = {}): ReadModelRebuild =>
    createReadModelRebuild({
      ...stores,
      groups: ops,
      now: () => new Date(),
      // Shorten the pause before a removal: the only instance of the service runs in this process and notices the change
      // soon.
      pause: async (ms) => pause(ms > NOTICED_MS ? NOTICED_MS : SHORT_MS),
      ...over,
    });
  context.after(async () => {
    await service.stop();
    await ops.close();
    await sharedDatabase.close();
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true });
  });

  function publish(...events: readonly LatchkeyEvent[]) {
    return bus.publish(
      ACCOUNTS_TOPIC,
      events.map((event) => encode(event)),
    );
  }
  async function until(what: string, isSo: () => Promise<boolean>) {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await isSo())) {
      assert.ok(performance.now() < deadline, what);
      await pause(SHORT_MS);
    }
  }
  async function metric(name: string) {
    return Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(await registry.metrics())?.[1]);
  }
  const { retryParked } = openUserOps(createSqliteStore(sharedDatabase));
  return {
    service,
    stores,
    open,
    publish,
    until,
    metric,
    ops,
    retryParked: (account: string) =>
      retryParked(account, { log: ops, authenticate: acceptAllRecords, lastDecided: async () => 3 }),
  };
}

function nothing() {
  return undefined;
}

/** Performs a whole rebuild, including the switchover. @returns the number of the new generation */
async function rebuilt(rebuild: ReadModelRebuild): Promise<number> {
  const begun = await rebuild.begin();
  assert.ok(begun);
  await rebuild.caughtUp(begun.generation, nothing);
  const parity = await rebuild.compare(begun.generation, nothing);
  assert.deepEqual([parity.differing, parity.apart, parity.parked], [0, 0, 0]);
  await rebuild.activate(begun.generation);
  return begun.generation;
}

function people(many: number): readonly TestHistory[] {
  return Array.from({ length: many }, (_, index) => createTestHistory(`person${index}`));
}

describe('a rebuild', () => {
  test('fills another generation, compares it, switches over and back, and removes the other', async (context) => {
    const { open, publish, stores, until, metric } = await scene(context);
    const everybody = people(300);
    await publish(...everybody.flatMap((person) => [person.registered(), person.verified()]));

    assert.equal(await rebuilt(open()), 2);
    await until('the flip is noticed', async () => (await metric('latchkey_user_generation')) === 2);
    assert.deepEqual(
      (await open().state()).map(({ generation, role, read, records, parked }) => [
        generation,
        role,
        read,
        records,
        parked,
      ]),
      [
        [1, 'kept', 600, 600, 0],
        [2, 'answers', 600, 600, 0],
      ],
    );
    assert.equal(await open().begin(), undefined);

    // After the switch, the previous generation must still receive new events, so that operators can switch back.
    const [first] = everybody;
    assert.ok(first);
    await publish(first.add('ProfileChanged', { person: { firstName: 'Ada' } }));
    const generation = await open().kept();
    assert.equal(generation, 1);
    await open().caughtUp(1, nothing);
    assert.equal(await open().activate(1), 2);
    const { profile } = await loadStoredAccount(stores.profilesOf(1), first.id);
    assert.equal(profile?.ended === false && profile.firstName, 'Ada');
    assert.equal(await open().kept(), undefined);

    assert.deepEqual(await open().drop(nothing), [2]);
    assert.deepEqual(await stores.generations.stored(), [1]);
    assert.deepEqual(await open().drop(nothing), []);
    assert.equal(await rebuilt(open()), 3);
  });

  test('that was interrupted continues where it was, at any point', async (context) => {
    const { open, publish, stores } = await scene(context);
    await publish(...people(50).map((person) => person.registered()));
    const interrupted = Promise.withResolvers<never>();
    interrupted.promise.catch(nothing);

    // Simulate a command that is killed between two steps: it has created the table or collection, but has
    // not updated the pointer.
    const { read, prepare, stored, clear, remove } = stores.generations;
    const dying = { read, prepare, stored, clear, remove, replace: () => interrupted.promise };
    interrupted.reject(new Error('killed'));
    await assert.rejects(open({ generations: dying }).begin(), /killed/);
    assert.deepEqual(await open().begin(), { generation: 2, begun: 'now' });
    // Start each step from a new `open()`, as after an interruption: while the generation is filled, after the
    // comparison, and after the switchover.
    assert.deepEqual(await open().begin(), { generation: 2, begun: 'before' });
    await open().caughtUp(2, nothing);
    await open().compare(2, nothing);
    assert.equal(await open().activate(2), 1);
    assert.equal(await open().activate(2), 2);
    assert.equal(await open().begin(), undefined);
    // Simulates a command that is killed after it has updated the pointer, and before it removes the
    // generation.
    await assert.rejects(open({ pause: () => interrupted.promise }).drop(nothing), /killed/);
    assert.deepEqual(await stores.generations.stored(), [1, 2]);
    assert.deepEqual(
      (await open().state()).map(({ generation, role }) => [generation, role]),
      [
        [1, 'leftover'],
        [2, 'answers'],
      ],
    );
    assert.deepEqual(await open().drop(nothing), [1]);
    assert.deepEqual((await open().state()).length, 1);
  });

  test('of two commands at once is one rebuild', async (context) => {
    const { open, publish } = await scene(context);
    await publish(...people(10).map((person) => person.registered()));
    const begun = await Promise.all([open().begin(), open().begin(), open().begin()]);
    assert.deepEqual(
      begun.map((each) => each?.generation),
      [2, 2, 2],
    );
    assert.equal(begun.filter((each) => each?.begun === 'now').length, 1);
  });

  test('that another command is preparing is not removed by a command that drops generations', async (context) => {
    const { open, stores } = await scene(context);
    await stores.generations.prepare(2);
    assert.deepEqual(await open().drop(nothing), []);
    assert.deepEqual(await stores.generations.stored(), [1, 2]);
    assert.deepEqual(await open().begin(), { generation: 2, begun: 'now' });
  });

  test('that is dropped meanwhile ends with that', async (context) => {
    const { open } = await scene(context);
    await open().begin();
    await open().drop(nothing);
    await assert.rejects(open().caughtUp(2, nothing), /^Error: Generation 2 was dropped meanwhile\.$/);
    await assert.rejects(open().activate(2), /^Error: Generation 2 was dropped meanwhile\.$/);
    assert.deepEqual(await open().begin(), { generation: 3, begun: 'now' });
  });

  test('reports its progress, up to the records that existed at its start', async (context) => {
    const { open, publish } = await scene(context);
    await publish(...people(700).map((person) => person.registered()));
    const begun = await open().begin();
    assert.ok(begun);
    const seen: (readonly [number, number])[] = [];
    const reached = await open().caughtUp(begun.generation, ({ read, records }) =>
      seen.push([read, records]),
    );
    assert.deepEqual(reached, { read: 700, records: 700, outOfRange: [] });
    assert.deepEqual(seen.at(-1), [700, 700]);
  });

  test('finds a field that was stored differently, and does not wait forever for missing accounts', async (context) => {
    const { open, publish, stores, until } = await scene(context);
    const [ada, bob] = [createTestHistory('ada'), createTestHistory('bob')];
    await publish(ada.registered(), bob.registered());
    await rebuilt(open());
    await open().activate(1);
    await until('both are stored', async () => (await stores.profilesOf(1).page(undefined, 9)).length === 2);
    const { profile } = await loadStoredAccount(stores.profilesOf(1), ada.id);
    assert.ok(profile && !profile.ended);
    // Store a profile that differs from the one that the events produce, at a sequence that Ada's account has
    // not reached yet. The generations can only be compared once it has.
    const other = toStoredAccount({ ...profile, sequence: 2, locale: 'xx' });
    await stores.profilesOf(1).save([other]);
    const parity = await open({ pause: async () => undefined }).compare(2, nothing);
    assert.deepEqual([parity.accounts, parity.apart, parity.apartExamples], [2, 1, [ada.id]]);
    await publish(ada.verified());
    const differing = await open().compare(2, nothing);
    assert.equal(differing.differing, 1);
    assert.deepEqual(differing.examples, [ada.id]);
    assert.equal(differing.fields['locale'], 1);
  });

  test('reports accounts that are parked in both generations, and repairs them in both', async (context) => {
    const { open, publish, retryParked, until } = await scene(context);
    const ada = createTestHistory('ada');
    const [registered, missing, verified] = [
      ada.registered(),
      ada.add('ProfileChanged', { person: { firstName: 'Ada' } }),
      ada.verified(),
    ];
    await publish(registered, verified);
    const begun = await open().begin();
    assert.equal(begun?.generation, 2);
    await open().caughtUp(2, nothing);
    assert.deepEqual(
      (await open().state()).map(({ parked }) => parked),
      [1, 1],
    );
    const parity = await open().compare(2, nothing);
    assert.deepEqual([parity.accounts, parity.parked, parity.apart], [1, 0, 0]);

    await publish(missing);
    assert.equal((await retryParked(ada.id)).result, 'unparked');
    await until('no account is parked', async () =>
      (await open().state()).every(({ parked }) => parked === 0),
    );
    assert.deepEqual((await open().compare(2, nothing)).apart, 0);
  });

  test('counts events and delays only for the active generation', async (context) => {
    const { open, publish, until, metric } = await scene(context);
    await publish(...people(20).map((person) => person.registered()));
    await open().begin();
    await open().caughtUp(2, nothing);
    await until('all are counted', async () => (await metric('latchkey_user_events_total')) === 20);
    assert.equal(await metric('latchkey_user_projection_delay_seconds_count'), 20);
    await until('the position is stored', async () => (await metric('latchkey_user_lag_records')) === 0);
  });

  test('deletes the positions of the generation that it removes', async (context) => {
    const { open, publish, ops } = await scene(context);
    await publish(...people(20).map((person) => person.registered()));
    await rebuilt(open());
    await open().drop(nothing);
    assert.equal((await ops.progressOf('user', [ACCOUNTS_TOPIC])).read, 0);
    assert.equal((await ops.progressOf('user.v2', [ACCOUNTS_TOPIC])).read, 20);
  });
});
