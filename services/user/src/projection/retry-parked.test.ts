import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { BusRecord } from '@latchkey/bus';
import { acceptAllRecords } from '@latchkey/consumer/testing/signed';
import { encode, type LatchkeyEvent, subjectOfKey } from '@latchkey/events';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import { openDatabase } from '@latchkey/sqlite';
import { loadStoredAccount } from '../ports/profiles.ts';
import { openSqliteUserStorage } from '../storage/sqlite/index.ts';
import { createTestHistory } from '../testing/history.ts';
import { createProfileProjection } from './projection.ts';
import { createProjectionMetrics } from './projection-metrics.ts';
import { createParkedRetrierForGeneration } from './retry-parked.ts';

/** Creates an in-memory log with one partition. The test decides when its consumer runs. */
async function createBench(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-retry-'));
  const database = openDatabase({ folder, as: 'server' });
  context.after(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const profiles = openSqliteUserStorage({ database }).profilesOf(1);
  const log: BusRecord[] = [];
  async function* readKey(_topic: string, _partition: number, key: string, from: number, to = log.length) {
    yield* log.slice(from, to).filter((record) => subjectOfKey(record.key) === key);
  }
  const metrics = createProjectionMetrics({
    registry: createMetricsRegistry(),
    lag: async () => 0,
    parked: async () => 0,
    forked: async () => 0,
    generation: () => 1,
  });
  const logger = createLogger({ name: 'test', level: 'silent' });
  const project = createProfileProjection({
    log: { readKey },
    authenticate: acceptAllRecords,
    onForged: () => undefined,
    profiles,
    metrics,
    logger,
    now: () => new Date(),
    announce: () => undefined,
    confirm: async () => undefined,
  });

  function append(key: string, value: Buffer, headers: Readonly<Record<string, string>>): BusRecord {
    const record: BusRecord = {
      topic: 'accounts.events.v1',
      partition: 0,
      offset: log.length,
      timestamp: new Date(0),
      key: Buffer.from(key),
      value,
      headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
    };
    log.push(record);
    return record;
  }
  function consume(record: BusRecord) {
    return project({
      topic: record.topic,
      partition: 0,
      records: [record],
      signal: new AbortController().signal,
      setAside: () => undefined,
    });
  }

  return {
    profiles,
    /** Appends an event to the log and passes it to the projection. */
    async publish(event: LatchkeyEvent) {
      const { key, value, headers } = encode(event);
      await consume(append(key, value, headers));
    },
    publishGarbage: (key: string) => consume(append(key, Buffer.from('{'), {})),
    /**
     * Retries a parked account.
     * @param meanwhile called each time when the retry has read to the end of the log, so that a test can
     *   publish more events
     * @param decided the sequence of the account's last event in the journal
     */
    retry: (id: string, meanwhile: () => Promise<void> = async () => undefined, decided?: number) =>
      createParkedRetrierForGeneration({
        ...(decided !== undefined && { lastDecided: async () => decided }),
        log: {
          async *readKey(...place) {
            yield* readKey(...place);
            await meanwhile();
          },
        },
        authenticate: acceptAllRecords,
        positions: profiles,
      }).retry(id),
  };
}

test('an account that resumes loses no event that came while it was read again', async (context) => {
  const bench = await createBench(context);
  const account = createTestHistory('ada');
  await bench.publish(account.registered());
  await bench.publishGarbage(account.id);
  await bench.publish(account.verified());
  await bench.publish(account.verified());
  let arrivals = 5;
  const outcome = await bench.retry(account.id, async () => {
    if (arrivals-- > 0) await bench.publish(account.verified());
  });
  assert.deepEqual(outcome, { result: 'unparked', sequence: 8 });
  assert.equal((await loadStoredAccount(bench.profiles, account.id)).sequence, 8);
});

test('an unreadable record is skipped once the next event in sequence follows it', async (context) => {
  const bench = await createBench(context);
  const account = createTestHistory('ada');
  await bench.publish(account.registered());
  await bench.publishGarbage(account.id);
  const held = await bench.retry(account.id);
  assert.equal(held.result, 'still parked');
  assert.ok(held.cause);
  await bench.publish(account.verified());
  assert.equal((await loadStoredAccount(bench.profiles, account.id)).sequence, 1);
  assert.deepEqual(await bench.retry(account.id), { result: 'unparked', sequence: 2 });
});

async function nothing() {
  return undefined;
}

test('an unreadable record is skipped if the journal has no event that it could be', async (context) => {
  const bench = await createBench(context);
  const account = createTestHistory('ada');
  await bench.publish(account.registered());
  await bench.publishGarbage(account.id);
  const held = await bench.retry(account.id, nothing, 2);
  assert.equal(held.result, 'still parked');
  assert.deepEqual(await bench.retry(account.id, nothing, 1), { result: 'unparked', sequence: 1 });
  await bench.publish(account.verified());
  assert.equal((await loadStoredAccount(bench.profiles, account.id)).sequence, 2);
});

test('an event that the journal does not have blocks no account', async (context) => {
  const bench = await createBench(context);
  const account = createTestHistory('ada');
  const [first, second] = [account.registered(), account.verified()];
  await bench.publish(first);
  await bench.publish({ ...account.verified(), sequence: 999 });
  await bench.publish(second);
  assert.equal((await bench.retry(account.id, nothing, 3)).result, 'still parked');
  assert.equal((await loadStoredAccount(bench.profiles, account.id)).sequence, 2);
  assert.deepEqual(await bench.retry(account.id, nothing, 2), { result: 'unparked', sequence: 2 });
});

test('an account that the journal does not know is no longer parked because of a record', async (context) => {
  const bench = await createBench(context);
  const { id } = createTestHistory('nobody');
  await bench.publishGarbage(id);
  assert.deepEqual(await bench.retry(id, nothing, 0), { result: 'unparked', sequence: 0 });
  assert.deepEqual(await bench.profiles.listParked({ limit: 9 }), []);
});

test('an account that misses its first event resumes by itself once that arrives', async (context) => {
  const bench = await createBench(context);
  const account = createTestHistory('ada');
  const first = account.registered();
  await bench.publish(account.verified());
  assert.equal((await bench.retry(account.id)).result, 'still parked');
  await bench.publish(first);
  assert.equal((await loadStoredAccount(bench.profiles, account.id)).sequence, 2);
  assert.deepEqual(await bench.retry(account.id), { result: 'not parked', sequence: 2 });
});

test('an account must begin with UserRegistered, and only begin with it', async (context) => {
  const bench = await createBench(context);
  const [ada, bob] = [createTestHistory('ada'), createTestHistory('bob')];
  await bench.publish(ada.verified());
  await bench.publish(bob.registered());
  await bench.publish(bob.registered());
  const parked = await bench.profiles.listParked({ limit: 9 });
  assert.deepEqual(
    parked.map(({ account, cause }) => [account, cause]).toSorted(),
    [
      [ada.id, 'event 1 is AccountVerified, which cannot occur at this point'],
      [bob.id, 'event 2 is UserRegistered, which cannot occur at this point'],
    ].toSorted(),
  );
});

test('an account that is not parked is left alone', async (context) => {
  const bench = await createBench(context);
  const account = createTestHistory('ada');
  await bench.publish(account.registered());
  assert.deepEqual(await bench.retry(account.id), { result: 'not parked', sequence: 1 });
});
