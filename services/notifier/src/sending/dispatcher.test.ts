import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import { type Database, openDatabase } from '@latchkey/sqlite';
import { StoreUnavailable } from '@latchkey/store';
import { systemClock } from '../adapters/clock.system.ts';
import type { NewDelivery } from '../delivery/delivery.ts';
import { computeDeliveriesAndCutoffs } from '../intake/entries.ts';
import { createNotifierMetrics } from '../metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliveryStore, RecordedDeliveries } from '../ports/deliveries.ts';
import { openSqliteNotifierStorage } from '../storage/sqlite/index.ts';
import { createTestEvent } from '../testing/events.ts';
import {
  createDeliveryDispatcher,
  type DeliveryDispatcher,
  type DeliveryDispatcherDeps,
} from './dispatcher.ts';
import type { AttemptDelivery } from './sender.ts';

const LEASE_MS = 90_000;

let folder: string;
let database: Database;
let deliveries: DeliveryStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-dispatcher-'));
  database = openDatabase({ folder, as: 'server' });
  deliveries = openSqliteNotifierStorage({ database }).deliveries;
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

const silent = createLogger({ name: 'notifier', level: 'silent' });

let probe: DeliveryDispatcherDeps['probe'];
beforeEach(() => {
  probe = async () => ({ kind: 'welcome' });
});

function dispatcherWith(trySending: AttemptDelivery, clock: Clock = systemClock, logger = silent) {
  return createDeliveryDispatcher({
    deliveries,
    trySending,
    probe,
    clock,
    random: () => 0.5,
    newOwner: randomUUID,
    sender: 'host:1',
    metrics: createNotifierMetrics(createMetricsRegistry(), deliveries, clock.now),
    logger,
    connections: () => 3,
    leaseMs: LEASE_MS,
  });
}

/** A clock whose pauses end only when they are aborted, so that nothing polls. */
const clockThatNeverPolls: Clock = {
  ...systemClock,
  sleep: (_ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) resolve();
      else signal?.addEventListener('abort', () => resolve(), { once: true });
    }),
};

function createDeliveries(count: number): readonly NewDelivery[] {
  const person = { recipients: Array.from({ length: count }, (_, index) => `user${index}@example.com`) };
  const event = createTestEvent('MailRequested', { template: 'welcome', requestedBy: randomUUID(), person });
  return computeDeliveriesAndCutoffs(event).deliveries;
}

async function owe(count: number, changes: Partial<NewDelivery> = {}): Promise<void> {
  const owed = createDeliveries(count).map((delivery) => ({ ...delivery, ...changes }));
  await deliveries.record({ deliveries: owed, cutoffs: [] }, new Date());
}

describe('the dispatcher', () => {
  it('records the process that made an attempt', async (t) => {
    await owe(1);
    const dispatcher = dispatcherWith(async () => ({ kind: 'accepted' }));
    dispatcher.start();
    while (!t.signal.aborted && (await deliveries.census()).sent === 0) await setImmediate();
    await dispatcher.stop();
    const [sent] = await deliveries.list({ states: ['sent'], limit: 1 });
    assert.deepEqual(
      sent?.attempts.map(({ sender }) => sender),
      ['host:1'],
    );
  });

  it('stores an outcome once the store is back, and reports the outage once', async () => {
    await owe(1);
    const stored = deliveries;
    let failures = 3;
    deliveries = {
      ...stored,
      settle: (...outcome) =>
        failures-- > 0 ? Promise.reject(new StoreUnavailable('away')) : stored.settle(...outcome),
    };
    let sent = 0;
    const lines: string[] = [];
    const log = new PassThrough().on('data', (line) => lines.push(String(line)));
    const trySending: AttemptDelivery = async () => {
      sent += 1;
      return { kind: 'accepted' };
    };
    const dispatcher = dispatcherWith(
      trySending,
      systemClock,
      createLogger({ name: 'test', level: 'warn' }, log),
    );
    dispatcher.start();
    while ((await stored.census()).sent === 0) await setImmediate();
    await dispatcher.stop();
    assert.equal(sent, 1);
    assert.equal(lines.filter((line) => line.includes('cannot be reached')).length, 1);
  });

  it('immediately sends the mails of a claim whose response was lost', { timeout: 60_000 }, async (t) => {
    await owe(3);
    const stored = deliveries;
    let lost = false;
    deliveries = {
      ...stored,
      claim: async (claim) => {
        const claimed = await stored.claim(claim);
        if (lost) return claimed;
        lost = true;
        throw new StoreUnavailable('the answer was lost');
      },
    };
    const dispatcher = dispatcherWith(async () => ({ kind: 'accepted' }));
    dispatcher.start();
    while (!t.signal.aborted && (await stored.census()).sent < 3) await setImmediate();
    await dispatcher.stop();
  });

  it('detects an outage of the mail server, and its end, without a mail to send', async () => {
    let away = true;
    probe = async () => (away ? { kind: 'unreachable', failure: { stage: 'connect' } } : { kind: 'welcome' });
    const dispatcher = dispatcherWith(() => assert.fail('there is no mail'));
    dispatcher.start();
    while (dispatcher.circuit().state === 'closed') await setImmediate();
    away = false;
    while (dispatcher.circuit().state === 'open') await setImmediate();
    await dispatcher.stop();
  });

  it('finishes and records the mails in progress before it stops, and claims no others', async () => {
    await owe(24);
    const { promise: go, resolve: release } = Promise.withResolvers<void>();
    const { promise: full, resolve: isFull } = Promise.withResolvers<void>();
    let begun = 0;
    const dispatcher = dispatcherWith(async () => {
      begun += 1;
      if (begun === 18) isFull();
      await go;
      return { kind: 'accepted' };
    });
    dispatcher.start();
    await full;
    const stopped = dispatcher.stop();
    release();
    await stopped;
    const byState = await deliveries.census();
    assert.deepEqual([begun, byState.sent, byState.pending, byState.claimed], [18, 18, 6, 0]);
  });

  it('lets outcomes wait for others until half of the mails in progress are done', {
    timeout: 60_000,
  }, async () => {
    await owe(18);
    const stored = deliveries;
    const { promise: go, resolve: release } = Promise.withResolvers<void>();
    const waits: (boolean | undefined)[] = [];
    deliveries = {
      ...stored,
      async settle(id, owner, settlement, options) {
        waits.push(options?.othersFollow);
        await go;
        return stored.settle(id, owner, settlement);
      },
    };
    const dispatcher = dispatcherWith(async () => ({ kind: 'accepted' }));
    dispatcher.start();
    while (waits.length < 18) await setImmediate();
    assert.deepEqual(waits, [...Array(8).fill(true), ...Array(10).fill(false)]);
    release();
    await dispatcher.stop();
  });

  it('claims further mails once half of its capacity is free', { timeout: 60_000 }, async () => {
    await owe(30);
    const stored = deliveries;
    const limits: number[] = [];
    deliveries = {
      ...stored,
      claim(request) {
        limits.push(request.limit);
        return stored.claim(request);
      },
    };
    const sending: (() => void)[] = [];
    const dispatcher = dispatcherWith(async () => {
      await new Promise<void>((resolve) => sending.push(resolve));
      return { kind: 'accepted' };
    }, clockThatNeverPolls);
    dispatcher.start();
    async function finish(count: number, sent: number): Promise<void> {
      for (const accept of sending.splice(0, count)) accept();
      while ((await stored.census()).sent < sent) await setImmediate();
    }
    while (sending.length < 18) await setImmediate();
    await finish(8, 8);
    await finish(1, 9);
    while (sending.length < 18) await setImmediate();
    assert.deepEqual(limits, [18, 9]);
    const stopped = dispatcher.stop();
    await finish(18, 27);
    await stopped;
  });

  it('does not let the outcome of the last mail wait', async () => {
    await owe(1);
    const stored = deliveries;
    const { promise: waits, resolve } = Promise.withResolvers<boolean | undefined>();
    deliveries = {
      ...stored,
      settle(id, owner, settlement, options) {
        resolve(options?.othersFollow);
        return stored.settle(id, owner, settlement, options);
      },
    };
    const dispatcher = dispatcherWith(async () => ({ kind: 'accepted' }));
    dispatcher.start();
    assert.equal(await waits, false);
    await dispatcher.stop();
  });

  it('sends no content once it is too late for the mail, although the lease is fresh', async () => {
    await owe(1, { sendUntil: new Date(Date.now() + 20_000) });
    let passed = 0;
    const { promise: answers, resolve } = Promise.withResolvers<readonly boolean[]>();
    const trySending: AttemptDelivery = async (_delivery, { mayProceed }) => {
      const before = mayProceed();
      passed = LEASE_MS / 3;
      resolve([before, mayProceed()]);
      return { kind: 'withdrawn' };
    };
    const dispatcher = dispatcherWith(trySending, {
      ...systemClock,
      now: () => new Date(Date.now() + passed),
    });
    dispatcher.start();
    assert.deepEqual(await answers, [true, false]);
    await dispatcher.stop();
  });

  for (const [what, clockAfter] of [
    ['the process stood still', (ms) => ({ ...systemClock, monotonic: () => performance.now() + ms() })],
    ['the machine was suspended', (ms) => ({ ...systemClock, now: () => new Date(Date.now() + ms()) })],
  ] as const satisfies readonly (readonly [string, (ms: () => number) => Clock])[]) {
    it(`sends no content once the attempt is too old because ${what}`, async () => {
      await owe(1);
      let slept = 0;
      const { promise: answers, resolve } = Promise.withResolvers<readonly boolean[]>();
      const trySending: AttemptDelivery = async (_delivery, { mayProceed }) => {
        const before = mayProceed();
        slept = LEASE_MS;
        resolve([before, mayProceed()]);
        return { kind: 'withdrawn' };
      };
      const dispatcher = dispatcherWith(
        trySending,
        clockAfter(() => slept),
      );
      dispatcher.start();
      assert.deepEqual(await answers, [true, false]);
      await dispatcher.stop();
    });
  }
});

describe('new deliveries', () => {
  /** Counts the calls of `claim`, and resolves `first` after the first of them. */
  function watchClaims() {
    const stored = deliveries;
    const { promise: first, resolve } = Promise.withResolvers<void>();
    const watch = { claims: 0, first };
    deliveries = {
      ...stored,
      async claim(asked) {
        const claimed = await stored.claim(asked);
        watch.claims += 1;
        // The dispatcher handles the response before the next turn of the event loop.
        void setImmediate().then(resolve);
        return claimed;
      },
    };
    return watch;
  }

  /**
   * Stores a new delivery through the dispatcher.
   * @param store wraps the write to the store, which is its argument `record`. Default: only calls `record`
   * @returns whether the dispatcher let the delivery be claimed
   */
  async function storeNew(
    dispatcher: DeliveryDispatcher,
    store: (record: () => Promise<RecordedDeliveries>) => Promise<RecordedDeliveries> = (record) => record(),
  ): Promise<boolean> {
    let isClaimed = false;
    await dispatcher.claimNew(1, (claim) => {
      isClaimed = claim !== undefined;
      return store(() =>
        deliveries.record({ deliveries: createDeliveries(1), cutoffs: [] }, new Date(), claim),
      );
    });
    return isClaimed;
  }

  it('are claimed when they are stored, without a separate claim', async (t) => {
    const watch = watchClaims();
    const dispatcher = dispatcherWith(async () => ({ kind: 'accepted' }), clockThatNeverPolls);
    dispatcher.start();
    await watch.first;
    assert.equal(await storeNew(dispatcher), true);
    while (!t.signal.aborted && (await deliveries.census()).sent < 1) await setImmediate();
    await dispatcher.stop();
    assert.equal(watch.claims, 1);
  });

  it('are not claimed before the first claim, nor after the dispatcher was stopped', async () => {
    const dispatcher = dispatcherWith(async () => ({ kind: 'accepted' }), clockThatNeverPolls);
    assert.equal(await storeNew(dispatcher), false);
    dispatcher.start();
    assert.equal(await storeNew(dispatcher), false);
    await dispatcher.stop();
    assert.equal(await storeNew(dispatcher), false);
  });

  it('are not claimed while other deliveries may be due', async () => {
    await owe(50);
    const watch = watchClaims();
    const { promise, resolve } = Promise.withResolvers<void>();
    const dispatcher = dispatcherWith(async () => {
      await promise;
      return { kind: 'accepted' };
    }, clockThatNeverPolls);
    dispatcher.start();
    await watch.first;
    assert.equal(await storeNew(dispatcher), false);
    resolve();
    await dispatcher.stop();
  });

  it('are not claimed beyond the capacity that a claim in progress may use', async () => {
    const watch = watchClaims();
    const watched = deliveries;
    const capacity = 18;
    let whileClaiming: (() => Promise<void>) | undefined;
    deliveries = {
      ...watched,
      async claim(asked) {
        const once = whileClaiming;
        whileClaiming = undefined;
        await once?.();
        return watched.claim(asked);
      },
    };
    const { promise, resolve } = Promise.withResolvers<void>();
    let [inProgress, most] = [0, 0];
    const dispatcher = dispatcherWith(async () => {
      inProgress += 1;
      most = Math.max(most, inProgress);
      await promise;
      inProgress -= 1;
      return { kind: 'accepted' };
    }, clockThatNeverPolls);
    dispatcher.start();
    await watch.first;
    await owe(capacity);
    let isClaimed: boolean | undefined;
    const { promise: claimed, resolve: onClaimed } = Promise.withResolvers<void>();
    whileClaiming = async () => {
      isClaimed = await storeNew(dispatcher);
      onClaimed();
    };
    dispatcher.wake();
    await claimed;
    while ((await deliveries.census()).claimed < capacity) await setImmediate();
    resolve();
    await dispatcher.stop();
    assert.deepEqual([isClaimed, most], [false, capacity]);
  });

  it('are released if the dispatcher is stopped while they are stored', async () => {
    const watch = watchClaims();
    const dispatcher = dispatcherWith(() => assert.fail('sent'), clockThatNeverPolls);
    dispatcher.start();
    await watch.first;
    const isClaimed = await storeNew(dispatcher, async (record) => {
      await dispatcher.stop();
      return record();
    });
    assert.equal(isClaimed, true);
    assert.deepEqual(await deliveries.census(1).then(({ pending, claimed }) => [pending, claimed]), [1, 0]);
  });

  it('are released and sent if the response of the store was lost', async (t) => {
    const watch = watchClaims();
    const dispatcher = dispatcherWith(async () => ({ kind: 'accepted' }));
    dispatcher.start();
    await watch.first;
    const stored = storeNew(dispatcher, async (record) => {
      await record();
      throw new StoreUnavailable('the response was lost');
    });
    await assert.rejects(stored, StoreUnavailable);
    dispatcher.wake();
    while (!t.signal.aborted && (await deliveries.census()).sent < 1) await setImmediate();
    await dispatcher.stop();
  });
});
