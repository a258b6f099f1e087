/**
 * Tests erasure on a real broker. The settings of its topic make compaction happen soon: small segments and a
 * short maximum lag.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, withTopicNames } from '@latchkey/bus';
import { createKafkaBus } from '@latchkey/bus/kafka';
import {
  ACCOUNTS_TOPIC,
  accountsTopic,
  type EncodedEvent,
  heartbeatKey,
  RECEIPTS_TOPIC,
  receiptsTopic,
} from '@latchkey/events';
import { memoryStore, subscribe } from '@latchkey/events/subscribe';
import { createLogger } from '@latchkey/process';
import { toOutgoingCommit } from '../relay/outgoing.ts';
import { type TestWorld, withTestWorld } from '../testing/world.ts';
import { publishCopiesWithoutPersonalData } from './copies.ts';
import { createErasureHeartbeatPublisher } from './heartbeats.ts';
import { eraseDueAccounts } from './sweep.ts';
import { createDueAccount, PERSONAL_DATA_PATTERN } from './testing/due-account.ts';

const brokers = process.env['KAFKA_BROKERS']?.split(',') ?? [];
const folder = process.env['KAFKA_DATA'] ?? '';
const skip = folder ? false : 'KAFKA_DATA is not set: nobody here can read the files of the broker';
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
/**
 * How long to wait for a compaction, in ms. The broker's log cleaner pauses for 15 s between rounds, and
 * deletes replaced files a minute later.
 */
const WITHIN_MS = 240_000;
const MAX_LAG_MS = 4000;

/** Creates a topic for one test, which the code under test uses in place of the accounts topic. */
async function openTopic(t: TestContext) {
  const names = {
    [ACCOUNTS_TOPIC]: `compaction-${randomUUID()}`,
    [RECEIPTS_TOPIC]: `receipts-${randomUUID()}`,
  };
  const kafka = createKafkaBus({
    brokers,
    clientId: 'compaction',
    logger: quiet,
    onFatal: (reason) => {
      throw reason;
    },
  });
  t.after(() => kafka.close());
  const bus = withTopicNames(kafka, names);
  await bus.ensureTopics([{ ...accountsTopic, compaction: { maxLagMs: MAX_LAG_MS } }, receiptsTopic]);
  const own = names[ACCOUNTS_TOPIC];

  return {
    bus: { publish: bus.publish, isCompacted: bus.isCompacted } satisfies Pick<
      Bus,
      'publish' | 'isCompacted'
    >,
    names,
    /**
     * Reads the topic from every offset, and asserts that a reader gets past the offsets whose records
     * compaction has removed.
     */
    async assertReadable(): Promise<void> {
      const tail = await bus.tail(ACCOUNTS_TOPIC);
      async function offsetsIn(partition: number, start: number, end: number): Promise<readonly number[]> {
        const offsets: number[] = [];
        for (let at = start; at < end; at = (offsets.at(-1) ?? at) + 1)
          offsets.push(...(await tail.read(partition, at, 3)).map(({ offset }) => offset));
        return offsets;
      }
      let holes = 0;
      for (const { partition, start, end } of await tail.ranges()) {
        const before = await offsetsIn(partition, start, end);
        assert.deepEqual(
          before,
          [...new Set(before)].toSorted((a, b) => a - b),
        );
        const firsts: (number | undefined)[] = [];
        for (let at = start; at < end; at += 1) firsts.push((await tail.read(partition, at, 1))[0]?.offset);
        const after = await offsetsIn(partition, start, end);
        // Compaction may have removed further records while the loop above was reading. The first offset that
        // it has read may therefore be any offset between those in `before` and `after`.
        for (const [index, first = Number.NaN] of firsts.entries()) {
          const [least = 0, most = 0] = [before, after].map((all) =>
            all.find((each) => each >= start + index),
          );
          assert.ok(first >= least && first <= most, `${first} is not between ${least} and ${most}`);
        }
        holes += end - start - before.length;
      }
      assert.ok(holes > 0);
    },
    /**
     * Returns the names of the broker's files in which the test's topic contains text that matches the
     * pattern.
     */
    async filesWith(text: RegExp): Promise<readonly string[]> {
      const folders = (await readdir(folder)).filter((name) => name.startsWith(`${own}-`));
      assert.equal(folders.length, accountsTopic.partitions);
      const files = folders.map(async (name) =>
        (await readdir(join(folder, name))).map((file) => join(folder, name, file)),
      );
      const found: string[] = [];
      for (const file of (await Promise.all(files)).flat()) {
        // If the broker has deleted the file since the files were listed, treat the file as empty.
        const content = await readFile(file, 'latin1').catch(() => '');
        if (text.test(content)) found.push(file);
      }
      return found;
    },
  };
}

type Topic = Awaited<ReturnType<typeof openTopic>>;

/**
 * What a consumer has stored about each account: the `person` of the last event as JSON, `nobody` if `person`
 * was null, or `erased` after an erasure.
 */
type State = Readonly<Record<string, string>>;

async function openConsumer(t: TestContext, world: TestWorld, { names }: Topic) {
  const state: Record<string, string> = {};
  const forged: string[] = [];
  const options = {
    brokers,
    keys: world.jwks(),
    group: `compaction-${randomUUID()}`,
    store: memoryStore(),
    topicNames: names,
    logger: { ...quiet, error: (_fields: object, message: string) => void forged.push(message) },
    handlers: {
      UserRegistered: keep,
      AccountVerified: keep,
      ProfileChanged: keep,
    },
    erased: async (account: string) => {
      state[account] = 'erased';
    },
  } as const;
  function keep(event: { data: { person: object | null } }, { account }: { account: string }): void {
    state[account] = event.data.person === null ? 'nobody' : JSON.stringify(event.data.person);
  }
  let subscription = await subscribe(options);
  t.after(() => subscription.stop());
  return {
    state: state as State,
    forged,
    parked: () => subscription.listParked(),
    async caughtUp(): Promise<void> {
      while ((await subscription.lag()) > 0) await sleep(50);
    },
    stop: () => subscription.stop(),
    async resume() {
      subscription = await subscribe(options);
    },
  };
}

async function recordsOf(world: TestWorld, account: string): Promise<readonly EncodedEvent[]> {
  const commits = await world.deps.journal.read(account);
  const outgoing = await Promise.all(
    commits.map((commit) => toOutgoingCommit(commit, world.erasing.signer.sign)),
  );
  return outgoing.flatMap(({ records }) => records);
}

/** Repeats `work` until `condition` holds. */
async function workUntil(condition: () => Promise<boolean>, work: () => Promise<void>): Promise<void> {
  const giveUpAt = performance.now() + WITHIN_MS;
  while (!(await condition())) {
    assert.ok(performance.now() < giveUpAt, 'the broker has not compacted the topic in time');
    await work();
  }
}

/** Creates the publisher of heartbeats with the real clock, because the broker uses the real clock, too. */
function heartbeatsOf(world: TestWorld, { bus }: Topic) {
  const logger = createLogger({ name: 'test', level: 'silent' });
  const needs = { ...world.erasing, bus, logger, now: () => new Date() };
  return createErasureHeartbeatPublisher(needs, { maxLagMs: MAX_LAG_MS, againMs: 1000 });
}

describe('a compacted topic', () => {
  test('loses the bytes of an erased person, and every consumer comes to the same state meanwhile', {
    skip,
    timeout: WITHIN_MS + 60_000,
  }, async (t) => {
    await withTestWorld(async (world) => {
      const topic = await openTopic(t);
      const live = await openConsumer(t, world, topic);
      const paused = await openConsumer(t, world, topic);
      const ada = await createDueAccount(world);
      const others = await Promise.all(
        ['ben', 'carl', 'dora'].map((name) => world.signUp(`${name}@example.com`, 'a long password')),
      );
      const [first, ...later] = await recordsOf(world, ada);
      assert.ok(first && later.length > 2);
      await topic.bus.publish(ACCOUNTS_TOPIC, [first]);
      for (const { userId } of others)
        await topic.bus.publish(ACCOUNTS_TOPIC, await recordsOf(world, userId));
      await paused.caughtUp();
      await paused.stop();
      await topic.bus.publish(ACCOUNTS_TOPIC, later);
      await live.caughtUp();
      assert.match(live.state[ada] ?? '', PERSONAL_DATA_PATTERN);
      assert.match(paused.state[ada] ?? '', PERSONAL_DATA_PATTERN);
      assert.notDeepEqual(await topic.filesWith(PERSONAL_DATA_PATTERN), []);

      await eraseDueAccounts({ ...world.erasing, bus: topic.bus, now: () => new Date() });
      await live.caughtUp();
      const final = { ...live.state };
      assert.equal(final[ada], 'erased');
      assert.equal(Object.keys(final).length, 1 + others.length);
      const gone = async () => (await topic.filesWith(PERSONAL_DATA_PATTERN)).length === 0;
      let joined = 0;
      const heartbeats = heartbeatsOf(world, topic);
      await workUntil(gone, async () => {
        await heartbeats.run();
        const fresh = await openConsumer(t, world, topic);
        await fresh.caughtUp();
        assert.deepEqual([fresh.state, await fresh.parked()], [final, []]);
        await fresh.stop();
        joined += 1;
      });
      assert.ok(joined > 0);
      await paused.resume();
      await paused.caughtUp();
      await live.caughtUp();
      assert.deepEqual([live.state, paused.state], [final, final]);
      assert.deepEqual([...live.forged, ...paused.forged], []);
      const late = await openConsumer(t, world, topic);
      await late.caughtUp();
      await topic.assertReadable();
      assert.deepEqual([late.state, await late.parked()], [final, []]);
    })();
  });

  test('loses an event to a record that somebody else writes under its key, until it is published again', {
    skip,
    timeout: WITHIN_MS + 60_000,
  }, async (t) => {
    await withTestWorld(async (world) => {
      const topic = await openTopic(t);
      const ada = await createDueAccount(world);
      const records = await recordsOf(world, ada);
      await topic.bus.publish(ACCOUNTS_TOPIC, records);
      const live = await openConsumer(t, world, topic);
      await live.caughtUp();
      const { state } = live;
      const [, second] = records;
      assert.ok(second);
      const genuine = new RegExp(RegExp.escape(second.value.toString()));
      const gone = async () => (await topic.filesWith(genuine)).length === 0;
      // Check now that the topic still contains the original event: the broker may remove it after the next
      // publish.
      assert.equal(await gone(), false);
      const text = 'the bytes of another writer';
      await topic.bus.publish(ACCOUNTS_TOPIC, [{ ...second, value: Buffer.from(text) }]);
      await live.caughtUp();
      assert.ok(live.forged.length > 0);
      await workUntil(gone, async () => {
        await topic.bus.publish(ACCOUNTS_TOPIC, [{ key: heartbeatKey(ada), value: null, headers: {} }]);
        await sleep(500);
      });

      const fresh = await openConsumer(t, world, topic);
      await fresh.caughtUp();
      assert.deepEqual(
        (await fresh.parked()).map(({ account, reason }) => [account, reason]),
        [[ada, 'gap']],
      );
      await publishCopiesWithoutPersonalData({ ...world.erasing, bus: topic.bus }, ada);
      await fresh.caughtUp();
      assert.deepEqual([fresh.state, await fresh.parked()], [state, []]);
    })();
  });
});
