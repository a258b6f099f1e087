import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BusRecord, partitionOfKey } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, accountsTopic, decodeWithProof, heartbeatKey, isHeartbeat } from '@latchkey/events';
import { createLogger } from '@latchkey/process';
import { UnreadableCommit } from '../ports/journal.ts';
import { DAY_MS, type TestWorld, withTestWorld } from '../testing/world.ts';
import { eraseAccountFromStores } from './erase.ts';
import { createErasureHeartbeatPublisher } from './heartbeats.ts';
import { eraseDueAccounts } from './sweep.ts';
import {
  createDueAccount,
  DUE_ACCOUNT_ADDRESS,
  PERSONAL_DATA_PATTERN,
  publishJournalEvents,
} from './testing/due-account.ts';
import { createErasureSteps } from './testing/steps.ts';

const HOUR = DAY_MS / 24;
const TIMES = { maxLagMs: 7 * DAY_MS };

/** Returns the dependencies of an erasure with a log that, like Kafka, cannot replace records. */
function onKafka({ erasing, bus }: TestWorld) {
  return { ...erasing, bus: { publish: bus.publish } };
}

const AWAY = /the log is away/;

/**
 * Returns the dependencies of an erasure with a log like Kafka, whose topic has the given `cleanup.policy`.
 */
function withPolicy(world: TestWorld, policy: 'compact' | 'delete') {
  const { bus, ...rest } = onKafka(world);
  return { ...rest, bus: { ...bus, isCompacted: async () => policy === 'compact' } };
}

/** Returns the dependencies of an erasure with a log that is unavailable. */
function withoutLog(world: TestWorld) {
  return { ...world.erasing, bus: { publish: () => Promise.reject(new Error('the log is away')) } };
}

function recordsOf({ bus }: TestWorld): readonly BusRecord[] {
  return bus.records(ACCOUNTS_TOPIC, { limit: 1000 }).toSorted((a, b) => a.offset - b.offset);
}

/** Returns the records that remain on the topic once the broker has compacted it. */
function compacted(world: TestWorld): readonly BusRecord[] {
  const latest = new Map(recordsOf(world).map((record) => [String(record.key), record]));
  return [...latest.values()].filter(({ value }) => value !== null);
}

type Needs = Pick<ReturnType<typeof onKafka>, 'bus' | 'journal'>;

function heartbeatsOf(world: TestWorld, { bus, journal }: Needs = onKafka(world)) {
  const logger = createLogger({ name: 'test', level: 'silent' });
  return createErasureHeartbeatPublisher({ ...world.erasing, bus, journal, logger }, TIMES);
}

function assertCompactedWithoutPerson(world: TestWorld): void {
  const remaining = compacted(world);
  assert.ok(recordsOf(world).some(({ value }) => PERSONAL_DATA_PATTERN.test(String(value))));
  for (const record of remaining) {
    const { decoded, provenance } = decodeWithProof(record);
    assert.deepEqual([decoded.kind, provenance.kind], ['event', 'intact']);
    assert.doesNotMatch(String(record.value), PERSONAL_DATA_PATTERN);
    assert.equal(record.headers['ce_personsalt'], undefined);
  }
  assert.equal(String(remaining.at(-1)?.headers['ce_type']), 'AccountErased');
}

describe('an erasure on a log that cannot replace records', () => {
  test(
    'publishes the events without the person, and the last event last',
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      const events = 1 + (await world.typesOf(userId)).length;
      await publishJournalEvents(world, userId);
      await eraseDueAccounts(onKafka(world));
      assertCompactedWithoutPerson(world);
      assert.equal(compacted(world).length, events);
    }),
  );

  test(
    'is continued after a crash at any step',
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      await publishJournalEvents(world, userId);
      const needs = onKafka(world);
      await eraseAccountFromStores(
        { ...needs, outbox: { unpublished: async () => new Map([[userId, []]]) } },
        userId,
      );
      const account = { account: userId, sequence: 1 };
      for (const at of createErasureSteps(needs, account, [DUE_ACCOUNT_ADDRESS]).keys())
        for (const step of createErasureSteps(needs, account, [DUE_ACCOUNT_ADDRESS]).slice(0, at + 1))
          await step.run();
      await eraseDueAccounts(needs);
      assertCompactedWithoutPerson(world);
    }),
  );
});

describe('heartbeats', () => {
  async function erased(world: TestWorld): Promise<string> {
    const userId = await createDueAccount(world);
    await publishJournalEvents(world, userId);
    await eraseDueAccounts(onKafka(world));
    return userId;
  }
  function beats(world: TestWorld): readonly BusRecord[] {
    return recordsOf(world).filter(isHeartbeat);
  }

  test(
    'go to the partition of an erased account every few hours, until its events are certain to be gone',
    withTestWorld(async (world) => {
      const userId = await erased(world);
      const heartbeats = heartbeatsOf(world);
      const partition = partitionOfKey(Buffer.from(userId), accountsTopic.partitions);
      for (let hour = 0; hour < 10 * 24; hour += 1) {
        await heartbeats.run();
        world.advance(HOUR);
      }
      const sent = beats(world);
      assert.ok(sent.every((record) => record.partition === partition && record.value === null));
      assert.ok(sent.every(({ key }) => String(key) === heartbeatKey(userId)));
      // One heartbeat is sent every six hours for nine days, so 36 in total. The nine days are the maximum
      // compaction lag of seven days, one day until the segment is closed, and one day as a margin. They are
      // counted from the second publication of the events without personal data, an hour after the first.
      assert.ok(sent.length >= 36 && sent.length <= 37, String(sent.length));
      assert.deepEqual(await world.erasing.erasureReceipts.listCopied({ limit: 9 }), []);
      await heartbeats.run();
      assert.equal(beats(world).length, sent.length);
    }),
  );

  test(
    'continue after a restart',
    withTestWorld(async (world) => {
      await erased(world);
      await heartbeatsOf(world).run();
      world.advance(20 * DAY_MS);
      await heartbeatsOf(world).run();
      await heartbeatsOf(world).run();
      assert.equal(beats(world).length, 3);
    }),
  );

  test(
    'wait while the topic is not compacted, and no copies are published to it',
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      await publishJournalEvents(world, userId);
      const count = recordsOf(world).length;
      const kafka = onKafka(world);
      await eraseDueAccounts(withPolicy(world, 'delete'));
      assert.equal(recordsOf(world).length, count);
      const { erasureReceipts } = world.erasing;
      assert.equal((await erasureReceipts.find(userId))?.copies, undefined);

      // Record that copies of the account's events without personal data were published. `ops republish --to`
      // records the same after it has written a new topic, which will replace the current one.
      await erasureReceipts.noteCopies(userId, world.erasing.now().toISOString());
      world.advance(20 * DAY_MS);
      await heartbeatsOf(world, { ...kafka, ...withPolicy(world, 'delete') }).run();
      assert.equal(recordsOf(world).length, count);
      assert.equal((await erasureReceipts.listCopied({ limit: 9 })).length, 1);
      await heartbeatsOf(world, { ...kafka, ...withPolicy(world, 'compact') }).run();
      assert.equal(beats(world).length, 1);
    }),
  );

  test(
    'come with the copies once more, for a publish of the events with the person that was delayed',
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      await publishJournalEvents(world, userId);
      const delayed = recordsOf(world);
      await eraseDueAccounts(onKafka(world));
      await world.bus.publish(ACCOUNTS_TOPIC, delayed);
      const heartbeats = heartbeatsOf(world);
      await heartbeats.run();
      assert.ok(compacted(world).some(({ value }) => PERSONAL_DATA_PATTERN.test(String(value))));
      world.advance(HOUR);
      await heartbeats.run();
      assertCompactedWithoutPerson(world);
      const count = recordsOf(world).length;
      await heartbeats.run();
      assert.equal(recordsOf(world).length, count);
    }),
  );

  test(
    'come with the copies once more, however long the log was down when they were due',
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      await publishJournalEvents(world, userId);
      const delayed = recordsOf(world);
      await eraseDueAccounts(withoutLog(world));
      world.advance(2 * HOUR);
      await eraseDueAccounts(onKafka(world));
      await world.bus.publish(ACCOUNTS_TOPIC, delayed);
      world.advance(HOUR);
      await assert.rejects(heartbeatsOf(world, withoutLog(world)).run(), AWAY);
      world.advance(HOUR);
      await heartbeatsOf(world).run();
      assertCompactedWithoutPerson(world);
    }),
  );

  test(
    'end some time after one that follows the time of the last copies, even if every earlier one was missed',
    withTestWorld(async (world) => {
      const userId = await erased(world);
      world.advance(HOUR);
      await heartbeatsOf(world).run();
      const before = beats(world).length;
      world.advance(20 * DAY_MS);
      await assert.rejects(heartbeatsOf(world, withoutLog(world)).run(), AWAY);
      const heartbeats = heartbeatsOf(world);
      await heartbeats.run();
      assert.equal((await world.erasing.erasureReceipts.listCopied({ limit: 9 })).length, 1);
      world.advance(HOUR);
      await heartbeats.run();
      assert.equal(beats(world).length, before + 1);
      assert.deepEqual(await world.erasing.erasureReceipts.listCopied({ limit: 9 }), []);
      const { copies } = (await world.erasing.erasureReceipts.find(userId)) ?? {};
      assert.equal(copies?.goneAt, world.erasing.now().toISOString());
    }),
  );

  test(
    'end as usual if the events cannot be read when they are due once more',
    withTestWorld(async (world) => {
      const userId = await erased(world);
      const kafka = onKafka(world);
      const unreadable = () => Promise.reject(new UnreadableCommit(userId, 1, 'it is of a later release'));
      const journal = { ...kafka.journal, read: unreadable };
      const heartbeats = heartbeatsOf(world, { ...kafka, journal });
      for (let hour = 0; hour < 10 * 24; hour += 1) {
        await heartbeats.run();
        world.advance(HOUR);
      }
      assert.deepEqual(await world.erasing.erasureReceipts.listCopied({ limit: 9 }), []);
    }),
  );

  test(
    'are not needed if the log replaces records in place',
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      await publishJournalEvents(world, userId);
      await eraseDueAccounts(world.erasing);
      await heartbeatsOf(world).run();
      assert.deepEqual(beats(world), []);
    }),
  );
});
