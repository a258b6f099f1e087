import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Bus, OutgoingRecord } from '@latchkey/bus';
import { MAILINGS_TOPIC } from '@latchkey/events';
import { createLogger } from '@latchkey/process';
import { createLeases, type Leases, StoreUnavailable } from '@latchkey/store';
import { Registry } from 'prom-client';
import type { Commit, Journal } from '../ports/journal.ts';
import type { Outbox } from '../ports/outbox.ts';
import {
  createCommit,
  createCommits,
  createMailRequestedFact,
  createSessionsRevokedFact,
  createTestInstant,
  mainThreadSigner,
  testSigner,
} from '../ports/testing/commits.ts';
import { openTemporaryStores } from '../storage/sqlite/stores.fixture.ts';
import { createRelay, type Relay, type RelayDeps } from './relay.ts';
import { getAccountIdOfRecord } from './testing/account-of-record.ts';

/** Creates a bus that records what is published, and on which publishes can be made to fail. */
function recordingBus() {
  const published: OutgoingRecord[] = [];
  const publishes: number[] = [];
  let publishing = (_topic: string, _records: readonly OutgoingRecord[]): Promise<void> => Promise.resolve();
  let changed = Promise.withResolvers<void>();
  const bus: Pick<Bus, 'publish'> = {
    async publish(topic, records) {
      publishes.push(records.length);
      const next = changed;
      changed = Promise.withResolvers();
      try {
        await publishing(topic, records);
        published.push(...records);
      } finally {
        next.resolve();
      }
    },
  };
  return {
    bus,
    published,
    publishes,
    /** Sets a function that runs during each publish, before the publish is acknowledged. */
    meanwhile(work: typeof publishing) {
      publishing = work;
    },
    /** Returns a promise that resolves when the next publish has ended. */
    changed: () => changed.promise,
    of: (stream: string) =>
      published
        .filter((record) => getAccountIdOfRecord(record) === stream)
        .map(({ headers }) => Number(headers['ce_sequence'])),
  };
}

const never = new Promise<never>(() => undefined);
function turn() {
  return new Promise<void>((resolve) => setImmediate(resolve));
}

describe('the relay', () => {
  let close: () => Promise<void>;
  let journal: Journal;
  let outbox: Outbox;
  let leases: Leases;
  let recorder: ReturnType<typeof recordingBus>;
  let relays: Relay[];
  let registry: Registry;
  let now: Date;
  let lines: string[];

  beforeEach(async () => {
    const opened = await openTemporaryStores();
    ({ journal, outbox } = opened.stores);
    leases = createLeases(opened.stores.leases);
    close = opened.close;
    recorder = recordingBus();
    relays = [];
    lines = [];
    now = new Date(createTestInstant(0));
  });
  afterEach(async () => {
    await Promise.all(relays.map((relay) => relay.stop()));
    await close();
  });

  function log() {
    return createLogger({ name: 'test', level: 'info' }, {
      write: (line: string) => lines.push(line),
    } as unknown as NodeJS.WritableStream);
  }

  /**
   * Starts a relay. By default, the relay sweeps only once: when it starts, while the outbox is still empty.
   * The pause after this sweep never ends. Pass `sleep` to control the pauses.
   */
  async function started(options: Partial<RelayDeps> = {}) {
    registry = new Registry();
    const relay = createRelay({
      outbox,
      journal,
      signer: mainThreadSigner,
      bus: recorder.bus,
      leases,
      instance: randomUUID(),
      now: () => now,
      logger: log(),
      registry,
      sleep: (_ms, signal) => Promise.race([never, aborted(signal)]),
      ...options,
    });
    relays.push(relay);
    await relay.start();
    return relay;
  }
  function aborted(signal: AbortSignal | undefined) {
    return new Promise<void>((resolve) => {
      if (signal?.aborted) resolve();
      else signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }
  async function append(...commits: readonly Commit[]) {
    for (const commit of commits) assert.deepEqual(await journal.append(commit), { outcome: 'appended' });
  }
  async function drainedTo(commits: number) {
    while ((await outbox.backlog()).commits > commits) await turn();
  }
  function drained() {
    return drainedTo(0);
  }
  /**
   * Starts a relay, and returns while its first publish is in progress. The publish ends when the test
   * releases it.
   */
  async function publishing() {
    const relay = await started();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    recorder.meanwhile(() => held);
    const commit = createCommit();
    await append(commit);
    relay.nudge(commit.stream);
    while (recorder.publishes.length === 0) await turn();
    return { relay, commit, release };
  }

  test('publishes a stream immediately when it is notified', async () => {
    const relay = await started();
    const [first, second] = createCommits(randomUUID(), 2) as [Commit, Commit];
    await append(first);
    relay.nudge(first.stream);
    await drained();
    await append(second);
    relay.nudge(second.stream);
    await drained();
    assert.deepEqual(recorder.of(first.stream), [1, 2]);
  });

  /** Counts the streams that are read from the outbox. */
  function countReads() {
    const reads = { streams: 0 };
    const counting: Outbox = {
      ...outbox,
      unpublished(streams) {
        reads.streams += streams.length;
        return outbox.unpublished(streams);
      },
    };
    return { outbox: counting, reads };
  }

  test('publishes the first commit of a stream without reading it', async () => {
    const { outbox: counting, reads } = countReads();
    const relay = await started({ outbox: counting });
    const [first, second] = createCommits(randomUUID(), 2) as [Commit, Commit];
    await append(first);
    relay.nudge(first.stream, first);
    await drained();
    assert.equal(reads.streams, 0);
    await append(second);
    relay.nudge(second.stream, second);
    await drained();
    assert.equal(reads.streams, 1);
    assert.deepEqual(recorder.of(first.stream), [1, 2]);
  });

  test('reads a stream if more than its first commit was appended before it is published', async () => {
    const relay = await started();
    const [first, second] = createCommits(randomUUID(), 2) as [Commit, Commit];
    await append(first, second);
    relay.nudge(first.stream, first);
    relay.nudge(first.stream, second);
    await drained();
    assert.deepEqual(recorder.of(first.stream), [1, 2]);
  });

  test('reads the first commit of a stream if it could not be published', async () => {
    const { outbox: counting, reads } = countReads();
    let failures = 1;
    recorder.meanwhile(async () => {
      if (failures-- > 0) throw new Error('the bus is away');
    });
    const relay = await started({ outbox: counting, sleep: () => turn() });
    const first = createCommit();
    await append(first);
    relay.nudge(first.stream, first);
    await drained();
    assert.deepEqual([recorder.of(first.stream), reads.streams], [[1], 1]);
  });

  test('does not publish the first commit of a stream again if another process has published it', async () => {
    const { relay, commit: blocking, release } = await publishing();
    const [waiting, young] = [createCommit(), createCommit()];
    await append(waiting);
    relay.nudge(waiting.stream, waiting);
    now = new Date(Date.parse(waiting.at) + 1001);
    await outbox.markPublished([waiting]);
    await append(young);
    relay.nudge(young.stream, young);
    release();
    await drained();
    assert.deepEqual(
      [blocking, waiting, young].map(({ stream }) => recorder.of(stream)),
      [[1], [], [1]],
    );
  });

  test('keeps no first commit of a stream that the full queue has dropped', async () => {
    const { outbox: counting, reads } = countReads();
    const relay = await started({ outbox: counting });
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    recorder.meanwhile(() => held);
    const [blocking, later] = [createCommit(), createCommit()];
    await append(blocking);
    relay.nudge(blocking.stream, blocking);
    while (recorder.publishes.length === 0) await turn();
    const [capacity, kept] = [10_000, 500];
    for (let count = 0; count < capacity; count += 1) relay.nudge(randomUUID());
    for (let count = 0; count < kept; count += 1) {
      const dropped = createCommit();
      relay.nudge(dropped.stream, dropped);
    }
    release();
    while (reads.streams < capacity) await turn();
    await append(later);
    relay.nudge(later.stream, later);
    await drained();
    assert.equal(reads.streams, capacity);
  });

  test('publishes all unpublished commits of a stream, in order, in batches', async () => {
    const relay = await started({ batchSize: 10 });
    const stream = randomUUID();
    await append(...createCommits(stream, 25));
    relay.nudge(stream);
    await drained();
    assert.deepEqual(
      recorder.of(stream),
      Array.from({ length: 25 }, (_, index) => index + 1),
    );
    assert.deepEqual(recorder.publishes, [10, 10, 5]);
  });

  test('encodes at most 50 commits of a long stream before other work continues', async () => {
    let signed = 0;
    const signer = {
      ...testSigner,
      signOnThreadPool(hash: string) {
        signed += 1;
        return testSigner.signOnThreadPool(hash);
      },
    };
    const relay = await started({ signer });
    const stream = randomUUID();
    await append(...createCommits(stream, 250));
    relay.nudge(stream);
    let most = 0;
    while (signed < 250) {
      const before = signed;
      await turn();
      most = Math.max(most, signed - before);
    }
    await drained();
    assert.ok(most <= 50, `${most} commits were encoded without a pause`);
  });

  test('signs a single event on the main thread, and several events on other threads', async () => {
    const signed = { here: 0, elsewhere: 0 };
    const signer = {
      sign(hash: string) {
        signed.here += 1;
        return testSigner.sign(hash);
      },
      signOnThreadPool(hash: string) {
        signed.elsewhere += 1;
        return testSigner.signOnThreadPool(hash);
      },
    };
    const relay = await started({ signer });
    for (const count of [1, 3]) {
      const stream = randomUUID();
      await append(...createCommits(stream, count));
      relay.nudge(stream);
      await drained();
      assert.equal(recorder.of(stream).length, count);
    }
    assert.deepEqual(signed, { here: 1, elsewhere: 3 });
  });

  test('collects commits that arrive during a publish into the next one', async () => {
    const relay = await started();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    recorder.meanwhile(() => held);
    const [first, ...others] = Array.from({ length: 6 }, () => createCommit()) as [Commit, ...Commit[]];
    await append(first, ...others);
    relay.nudge(first.stream);
    while (recorder.publishes.length === 0) await turn();
    for (const { stream } of others) relay.nudge(stream);
    release();
    await drained();
    assert.deepEqual(recorder.publishes, [1, 5]);
  });

  test('reads and signs a further full batch while one is published, and no stream twice', async () => {
    const relay = await started({ streamsPerBatch: 2 });
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    recorder.meanwhile(() => held);
    const commits = Array.from({ length: 5 }, () => createCommit());
    const [first, ...others] = commits as [Commit, ...Commit[]];
    const reads: (readonly string[])[] = [];
    const unpublished = outbox.unpublished;
    outbox.unpublished = (streams) => {
      reads.push(streams);
      return unpublished(streams);
    };
    await append(...commits);
    for (const { stream } of commits) relay.nudge(stream);
    while (recorder.publishes.length === 0 || reads.length < 2) await turn();
    // Append another commit to the first stream while its earlier commit is being published. The stream must
    // not be part of a batch until that publish has ended. It is then published in the last batch, with
    // the one other stream that is left.
    await append(createCommit({ stream: first.stream, number: 2 }));
    relay.nudge(first.stream);
    release();
    await drained();
    const streams = others.map(({ stream }) => stream);
    assert.deepEqual(reads, [
      [first.stream, streams[0]],
      [streams[1], streams[2]],
      [streams[3], first.stream],
    ]);
    assert.deepEqual(recorder.publishes, [2, 2, 2]);
    assert.deepEqual(recorder.of(first.stream), [1, 2]);
  });

  test('resends everything until it is acknowledged, and marks nothing as published before that', async () => {
    const pauses: number[] = [];
    let failures = 6;
    recorder.meanwhile(async () => {
      if (failures === 0) return;
      failures -= 1;
      assert.ok((await outbox.backlog()).commits > 0);
      throw new Error('the broker is away');
    });
    const relay = await started({
      sleep: async (ms, signal) => {
        // The pauses before the first publish are pauses between sweeps, and must not end in this test. All
        // later pauses are pauses before retries.
        if (recorder.publishes.length === 0) return Promise.race([never, aborted(signal)]);
        pauses.push(ms);
      },
    });
    await turn();
    const stream = randomUUID();
    await append(...createCommits(stream, 2));
    relay.nudge(stream);
    await drained();
    assert.deepEqual(recorder.publishes, [2, 2, 2, 2, 2, 2, 2]);
    assert.deepEqual(pauses, [100, 200, 400, 800, 1000, 1000]);
    assert.deepEqual(recorder.of(stream), [1, 2]);
    assert.equal(lines.filter((line) => line.includes('cannot publish')).length, 1);
    assert.equal(lines.filter((line) => line.includes('publishing again')).length, 1);

    failures = 1;
    await append(createCommit({ stream, number: 3 }));
    relay.nudge(stream);
    await drained();
    assert.equal(pauses.at(-1), 100);
  });

  test('is degraded, not down, while the bus refuses', async () => {
    const relay = await started();
    assert.deepEqual(await relay.health(), [{ name: 'bus', state: 'ok', needed: false }]);
    recorder.meanwhile(() => Promise.reject(new Error('the broker is away')));
    const commit = createCommit();
    await append(commit);
    relay.nudge(commit.stream);
    await recorder.changed();
    await turn();
    const [dependency] = await relay.health();
    assert.equal(dependency?.state, 'degraded');
    assert.equal(dependency.needed, false);
    now = new Date(createTestInstant(31));
    const detail = 'publishing to accounts.events.v1 fails; commits in the outbox: 1, the oldest since 30 s';
    assert.equal((await relay.health())[0]?.detail, detail);
  });

  test('is healthy again once another relay has published the refused commits', async () => {
    const relay = await started();
    recorder.meanwhile(() => Promise.reject(new Error('the broker is away')));
    const commit = createCommit();
    await append(commit);
    relay.nudge(commit.stream);
    while ((await relay.health())[0]?.state === 'ok') await turn();
    await outbox.markPublished([commit]);
    assert.deepEqual(await relay.health(), [{ name: 'bus', state: 'ok', needed: false }]);
  });

  test('is healthy during a publish', async () => {
    const { relay, release } = await publishing();
    const health = await relay.health();
    release();
    await drained();
    assert.deepEqual(health, [{ name: 'bus', state: 'ok', needed: false }]);
  });

  test('is degraded, too, if another relay should publish but does not', async () => {
    const relay = await started();
    await append(...createCommits(randomUUID(), 3));
    now = new Date(createTestInstant(10));
    assert.equal((await relay.health())[0]?.state, 'ok');
    now = new Date(createTestInstant(11));
    const [dependency] = await relay.health();
    assert.equal(dependency?.state, 'degraded');
    assert.equal(dependency.detail, 'commits in the outbox: 3, the oldest since 10 s');
  });

  test('can report its health while the journal is unavailable', async () => {
    function backlog() {
      return Promise.reject(new StoreUnavailable(undefined));
    }
    const relay = await started({ outbox: { ...outbox, backlog } });
    assert.equal((await relay.health())[0]?.state, 'ok');
    recorder.meanwhile(() => Promise.reject(new Error('the broker is away')));
    const commit = createCommit();
    await append(commit);
    relay.nudge(commit.stream);
    await recorder.changed();
    await turn();
    assert.equal(
      (await relay.health())[0]?.detail,
      'publishing to accounts.events.v1 fails; commits wait in the outbox',
    );
  });

  test('continues with other streams if one cannot be published, and reports it once', async () => {
    const relay = await started();
    const [broken, sound] = [randomUUID(), createCommit()];
    const fact = { ...createSessionsRevokedFact(broken), data: { userId: broken, reason: 'boredom' } };
    const unpublishable = createCommit({ stream: broken, number: 2, events: [fact as never] });
    await append(
      createCommit({ stream: broken, number: 1 }),
      unpublishable,
      createCommit({ stream: broken, number: 3 }),
      sound,
    );
    relay.nudge(broken);
    relay.nudge(sound.stream);
    await drainedTo(2);
    await append(createCommit({ stream: sound.stream, number: 2 }));
    relay.nudge(broken);
    relay.nudge(sound.stream);
    await drainedTo(2);
    assert.deepEqual(recorder.of(broken), [1]);
    assert.deepEqual(recorder.of(sound.stream), [1, 2]);
    assert.match((await relay.health())[0]?.detail ?? '', /1 streams cannot be published/);
    assert.equal(lines.filter((line) => line.includes('a stream cannot be published')).length, 1);
    assert.match(await registry.metrics(), /latchkey_relay_blocked_streams 1/);

    // Mark the commit as published, as if another process had published it.
    await outbox.markPublished([unpublishable]);
    relay.nudge(broken);
    await drained();
    assert.deepEqual(recorder.of(broken), [1, 3]);
    assert.equal((await relay.health())[0]?.state, 'ok');
  });

  test('publishes to the other topics if one topic is refused, and names it', async () => {
    const mailingId = randomUUID();
    const mailing = createCommit({ stream: mailingId, events: [createMailRequestedFact(mailingId)] });
    const accounts = Array.from({ length: 20 }, () => createCommit());
    recorder.meanwhile(async (topic) => {
      if (topic === MAILINGS_TOPIC) throw new Error('not authorized');
    });
    await append(mailing, ...accounts);
    const relay = await started({ sleep: turn });
    for (const { stream } of [mailing, ...accounts]) relay.nudge(stream);
    await drainedTo(1);
    for (const { stream } of accounts) assert.deepEqual(recorder.of(stream), [1]);
    assert.match((await relay.health())[0]?.detail ?? '', /^publishing to mailings\.events\.v1 fails; /);
    assert.equal(lines.filter((line) => line.includes('cannot publish')).length, 1);
    assert.match(lines.join(''), /"topic":"mailings\.events\.v1"/);

    // A commit that cannot be published must not delay the commits of other streams that are appended later.
    const late = createCommit();
    await append(late);
    relay.nudge(late.stream);
    await drainedTo(1);
    recorder.meanwhile(() => Promise.resolve());
    await drained();
    assert.deepEqual(recorder.of(mailingId), [1]);
    while (!lines.some((line) => line.includes('publishing again'))) await turn();
    assert.equal((await relay.health())[0]?.state, 'ok');
  });

  test('publishes the other streams of a topic if one stream is refused', async () => {
    const [refused, ...others] = Array.from({ length: 40 }, () => createCommit()) as [Commit, ...Commit[]];
    recorder.meanwhile(async (_topic, records) => {
      if (records.some((record) => getAccountIdOfRecord(record) === refused.stream))
        throw new Error('too few copies');
    });
    await append(refused, ...others);
    const relay = await started({ sleep: turn });
    for (const { stream } of [refused, ...others]) relay.nudge(stream);
    await drainedTo(1);
    const late = createCommit();
    await append(late);
    relay.nudge(late.stream);
    await drainedTo(1);
    recorder.meanwhile(() => Promise.resolve());
    await drained();
    for (const { stream } of [refused, ...others, late]) assert.deepEqual(recorder.of(stream), [1]);
  });

  test('retries after an outage of the journal, and reports no stream as broken', async () => {
    let away = true;
    const unpublished: Outbox['unpublished'] = async (streams) => {
      if (!away) return outbox.unpublished(streams);
      away = false;
      throw new StoreUnavailable(undefined);
    };
    let retries = 0;
    const relay = await started({
      outbox: { ...outbox, unpublished },
      sleep: async (_ms, signal) => {
        if (away) return Promise.race([never, aborted(signal)]);
        retries += 1;
      },
    });
    await turn();
    const commit = createCommit();
    await append(commit);
    relay.nudge(commit.stream);
    await drained();
    assert.equal(retries, 1);
    assert.equal(lines.filter((line) => line.includes('a stream cannot be published')).length, 0);
    assert.deepEqual(await relay.health(), [{ name: 'bus', state: 'ok', needed: false }]);
  });

  test('finishes the current publish before it stops', async () => {
    const { relay, commit, release } = await publishing();
    const stopped = relay.stop();
    release();
    await stopped;
    assert.deepEqual(recorder.of(commit.stream), [1]);
    assert.deepEqual(await outbox.backlog(), { commits: 0 });
    await relay.stop();
  });

  test('begins no further publish once it is told to stop', async () => {
    const relay = await started({ batchSize: 1 });
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    recorder.meanwhile(() => held);
    const stream = randomUUID();
    await append(...createCommits(stream, 3));
    relay.nudge(stream);
    while (recorder.publishes.length === 0) await turn();
    const stopped = relay.stop();
    release();
    await stopped;
    assert.deepEqual(recorder.of(stream), [1]);
    assert.equal((await outbox.backlog()).commits, 2);
  });

  describe('sweeping', () => {
    /**
     * Waits for some turns of the event loop, until pending reads, lease writes, publishes and marks have
     * completed.
     */
    async function settled() {
      for (let turns = 0; turns < 30; turns++) await turn();
    }

    /** Creates a `sleep` function for relays. Each call of `step` ends the current pauses. */
    function steps() {
      let tick = Promise.withResolvers<void>();
      const pauses: number[] = [];
      return {
        pauses,
        sleep: (ms: number, signal?: AbortSignal) => {
          pauses.push(ms);
          return Promise.race([tick.promise, aborted(signal)]);
        },
        async step() {
          const due = tick;
          tick = Promise.withResolvers();
          due.resolve();
          await settled();
        },
      };
    }

    test('publishes commits without a notification, once they are a second old', async () => {
      const { sleep, step } = steps();
      await started({ sleep });
      const [first, second] = createCommits(randomUUID(), 2) as [Commit, Commit];
      await append({ ...first, at: createTestInstant(0) }, { ...second, at: createTestInstant(1) });
      now = new Date(createTestInstant(1));
      await step();
      assert.deepEqual(recorder.of(first.stream), []);
      now = new Date(now.getTime() + 1);
      await step();
      // When the relay publishes a stream, it publishes all unpublished commits of the stream, including
      // recent ones.
      assert.deepEqual(recorder.of(first.stream), [1, 2]);
    });

    test('publishes all commits when it starts, however recent', async () => {
      const commit = createCommit({ at: now.toISOString() });
      await append(commit);
      await started({ sleep: steps().sleep });
      await settled();
      assert.deepEqual(recorder.of(commit.stream), [1]);
    });

    test('publishes commits whose time was set by a clock that was ahead', async () => {
      const { sleep, step } = steps();
      await started({ sleep });
      await settled();
      const commit = createCommit({ at: createTestInstant(1_000_000) });
      await append(commit);
      await step();
      assert.deepEqual(recorder.of(commit.stream), [1]);
    });

    test('polls often while it finds commits, and less and less often while it does not', async () => {
      const { sleep, step, pauses } = steps();
      now = new Date(createTestInstant(100));
      await append(createCommit());
      await started({ sleep });
      await settled();
      for (let count = 0; count < 4; count++) await step();
      await append(createCommit());
      await step();
      assert.deepEqual(pauses, [100, 200, 400, 750, 750, 100]);
    });

    test('does not hurry while the bus refuses', async () => {
      const { sleep, step, pauses } = steps();
      recorder.meanwhile(() => Promise.reject(new Error('the broker is away')));
      now = new Date(createTestInstant(100));
      await append(createCommit());
      await started({ sleep });
      await settled();
      for (let count = 0; count < 3; count++) await step();
      const [sweeps, retries] = [
        [100, 200, 400, 750],
        [100, 200, 400, 800],
      ];
      assert.deepEqual(
        pauses.toSorted((a, b) => a - b),
        [...sweeps, ...retries].toSorted((a, b) => a - b),
      );
    });

    /** Returns 30 commits of different streams, with different times. */
    function createBacklog() {
      return Array.from({ length: 30 }, (_, index) => createCommit({ at: createTestInstant(index) }));
    }

    /** Wraps the outbox, and counts the streams in the pages that sweeps read from it. */
    function countingOutbox() {
      const counted = { streams: 0 };
      const waiting: Outbox['waiting'] = async (request) => {
        const page = await outbox.waiting(request);
        counted.streams += page.streams.length;
        return page;
      };
      return { counted, outbox: { ...outbox, waiting } };
    }

    test('reads a backlog once, not at every sweep, while the bus refuses, and again once it does not', async () => {
      const { sleep, step } = steps();
      const { counted, outbox: counting } = countingOutbox();
      let isAway = true;
      recorder.meanwhile(() =>
        isAway ? Promise.reject(new Error('the broker is away')) : Promise.resolve(),
      );
      now = new Date(createTestInstant(100));
      await append(...createBacklog());
      await started({ sleep, outbox: counting });
      await settled();
      for (let count = 0; count < 10; count++) await step();
      // Two sweeps have read the whole backlog: the sweep at the start, and the next one. Each of them first
      // read one commit, to find out whether any commit is overdue.
      assert.equal(counted.streams, 2 * (30 + 1));
      const other = createCommit({ at: createTestInstant(50) });
      await append(other);
      await step();
      assert.equal(counted.streams, 2 * (30 + 1) + 1);
      isAway = false;
      const late = createCommit({ at: createTestInstant(1) });
      await append(late);
      for (let count = 0; count < 4; count++) await step();
      await drained();
      assert.deepEqual(recorder.of(late.stream), [1]);
    });

    test('starts over now and then while the bus refuses, to find commits with an earlier time', async () => {
      const { sleep, step } = steps();
      const { counted, outbox: counting } = countingOutbox();
      recorder.meanwhile(() => Promise.reject(new Error('the broker is away')));
      now = new Date(createTestInstant(100));
      await append(createCommit({ at: createTestInstant(50) }));
      await started({ sleep, outbox: counting });
      await settled();
      for (let count = 0; count < 5; count++) await step();
      await append(createCommit({ at: createTestInstant(1) }));
      const before = counted.streams;
      for (let count = 0; count < 5; count++) await step();
      assert.equal(counted.streams, before);
      for (let count = 0; count < 15; count++) await step();
      assert.equal(counted.streams, before + 1 + 2);
    });

    test('reads one commit per sweep while another relay holds the lease', async () => {
      const { sleep, step } = steps();
      const { counted, outbox: counting } = countingOutbox();
      now = new Date(createTestInstant(100));
      await append(...createBacklog());
      assert.ok(await leases.take({ name: 'relay-sweep', holder: 'another', now, ms: 10_000 }));
      await started({ sleep, outbox: counting });
      await settled();
      for (let count = 0; count < 10; count++) await step();
      assert.equal(counted.streams, 1 + 10);
    });

    test('is done by one of two relays, and by the other once that one has stopped', async () => {
      const { sleep, step } = steps();
      now = new Date(createTestInstant(100));
      const first = await started({ sleep });
      await started({ sleep });
      const overdue = Array.from({ length: 3 }, () => createCommit()) as [Commit, Commit, Commit];
      await append(overdue[0]);
      await step();
      await append(overdue[1]);
      await step();
      assert.deepEqual(recorder.publishes, [1, 1]);
      await first.stop();
      await append(overdue[2]);
      await step();
      assert.deepEqual(recorder.publishes, [1, 1, 1]);
    });

    test('is also done by another relay if the first one cannot publish', async () => {
      const [first, second] = [steps(), steps()];
      now = new Date(createTestInstant(100));
      const overdue = createCommit();
      await append(overdue);
      await started({
        sleep: first.sleep,
        bus: { publish: () => Promise.reject(new Error('the broker is away')) },
      });
      await settled();
      await started({ sleep: second.sleep });
      for (let count = 0; count < 2; count++) {
        await first.step();
        await second.step();
      }
      assert.deepEqual(recorder.of(overdue.stream), [1]);
    });

    test('continues after an outage of the journal, and reports it once', async () => {
      const { sleep, step } = steps();
      let away = true;
      const waiting: Outbox['waiting'] = async (page) => {
        if (away) throw new Error('away');
        return outbox.waiting(page);
      };
      now = new Date(createTestInstant(100));
      const commit = createCommit();
      await append(commit);
      await started({ sleep, outbox: { ...outbox, waiting } });
      await step();
      await step();
      away = false;
      await step();
      assert.deepEqual(recorder.of(commit.stream), [1]);
      assert.equal(lines.filter((line) => line.includes('cannot be swept')).length, 1);
    });
  });

  test('finds commits of another process by itself, with real timers', async () => {
    const relay = createRelay({
      outbox,
      journal,
      signer: mainThreadSigner,
      bus: recorder.bus,
      leases,
      instance: 'one',
      now: () => new Date(),
      logger: log(),
      registry: new Registry(),
    });
    relays.push(relay);
    await relay.start();
    const commit = createCommit({ at: new Date().toISOString() });
    await append(commit);
    await recorder.changed();
    assert.deepEqual(recorder.of(commit.stream), [1]);
  });

  test('reports how many commits wait and their age, how many it published and how long that took', async () => {
    const relay = await started();
    const stream = randomUUID();
    await append(...createCommits(stream, 3));
    now = new Date(createTestInstant(31));
    assert.match(await registry.metrics(), /latchkey_relay_unpublished_commits 3\n/);
    assert.match(await registry.metrics(), /latchkey_relay_oldest_unpublished_seconds 30\n/);
    relay.nudge(stream);
    await drained();
    await turn();
    const metrics = await registry.metrics();
    assert.match(metrics, /latchkey_relay_unpublished_commits 0\n/);
    assert.match(metrics, /latchkey_relay_oldest_unpublished_seconds 0\n/);
    assert.match(metrics, /latchkey_relay_published_events_total\{topic="accounts\.events\.v1"\} 3\n/);
    assert.match(metrics, /latchkey_relay_publish_seconds_count 1\n/);
  });
});
