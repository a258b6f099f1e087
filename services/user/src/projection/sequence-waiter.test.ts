import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Parked } from '@latchkey/consumer';
import { createLogger } from '@latchkey/process';
import { type StoredAccount, toStoredAccount } from '../profile/stored-account.ts';
import {
  createSequenceWaiter,
  type SequenceWaitLimits,
  type SequenceWaitRefusal,
} from './sequence-waiter.ts';

function at(id: string, sequence: number, parked?: Parked): StoredAccount {
  return { ...toStoredAccount({ ended: true, id, sequence }), ...(parked ? { parked } : {}) };
}

function mark(account: string): Parked {
  return {
    account,
    topic: 'accounts',
    partition: 0,
    offset: 1,
    after: 0,
    reason: 'gap',
    cause: 'a gap',
  };
}

const NEVER = 3_600_000;

/**
 * Creates a waiter that reads the given accounts.
 * @param fails called for each read after the first; returns whether the read fails
 */
function waiterOver(
  stored: Map<string, StoredAccount>,
  limits: Partial<SequenceWaitLimits>,
  fails = () => false,
) {
  let reads = 0;
  return createSequenceWaiter({
    profiles: {
      async load(ids) {
        reads += 1;
        if (reads > 1 && fails()) throw new Error('away');
        return new Map([...stored].filter(([id]) => ids.includes(id)));
      },
    },
    logger: createLogger({ name: 'test', level: 'silent' }),
    limits: { pollMs: NEVER, ...limits },
  });
}

function refused(kind: SequenceWaitRefusal) {
  return { name: 'SequenceWaitRefused', kind };
}

/**
 * Resolves once `count` requests are waiting for the read model. A request begins to wait only after
 * `waitFor` has read the store.
 */
async function waitingFor(waiter: { waiting(): number }, count: number) {
  while (waiter.waiting() < count) await Promise.resolve();
}

describe('a request that is ahead of the read model', () => {
  test('does not wait if the read model is up to date', async () => {
    const waiter = waiterOver(new Map([['a', at('a', 3)]]), {});
    assert.equal((await waiter.waitFor('a', 3, 'a')).sequence, 3);
    assert.equal(waiter.waiting(), 0);
  });

  test('continues as soon as the projection gets there, not before', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const waiter = waiterOver(new Map(), {});
    const reached = waiter.waitFor('a', 3, 'a');
    await waitingFor(waiter, 1);
    waiter.notify([at('b', 3), at('a', 2)]);
    assert.equal(waiter.waiting(), 1);
    waiter.notify([at('a', 4)]);
    assert.equal((await reached).sequence, 4);
    assert.equal(waiter.waiting(), 0);
  });

  test('continues when another instance has applied the event, also after an outage of the store', async () => {
    const stored = new Map<string, StoredAccount>();
    let failures = 1;
    const waiter = waiterOver(stored, { pollMs: 1, timeoutMs: NEVER }, () => failures-- > 0);
    const reached = waiter.waitFor('a', 1, 'a');
    await waitingFor(waiter, 1);
    stored.set('a', at('a', 1));
    assert.equal((await reached).sequence, 1);
  });

  test('is refused when its time is over, and is forgotten', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const waiter = waiterOver(new Map(), { timeoutMs: 2000 });
    const rejected = assert.rejects(waiter.waitFor('a', 1, 'a'), refused('behind'));
    await waitingFor(waiter, 1);
    context.mock.timers.tick(1999);
    assert.equal(waiter.waiting(), 1);
    context.mock.timers.tick(1);
    await rejected;
    assert.equal(waiter.waiting(), 0);
  });

  test('continues if the account is there when its time is over, as after a stall of the process', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const stored = new Map<string, StoredAccount>();
    const waiter = waiterOver(stored, { timeoutMs: 2000 });
    const reached = waiter.waitFor('a', 1, 'a');
    await waitingFor(waiter, 1);
    stored.set('a', at('a', 1));
    context.mock.timers.tick(2000);
    assert.equal((await reached).sequence, 1);
    assert.equal(waiter.waiting(), 0);
  });

  test('is refused when its time is over during an outage of the store', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const waiter = waiterOver(new Map(), { timeoutMs: 2000 }, () => true);
    const rejected = assert.rejects(waiter.waitFor('a', 1, 'a'), refused('behind'));
    await waitingFor(waiter, 1);
    context.mock.timers.tick(2000);
    await rejected;
    assert.equal(waiter.waiting(), 0);
  });

  test('is refused soon after its time is over if the store does not respond', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    let reads = 0;
    const waiter = createSequenceWaiter({
      profiles: { load: () => (reads++ === 0 ? Promise.resolve(new Map()) : new Promise(() => undefined)) },
      logger: createLogger({ name: 'test', level: 'silent' }),
      limits: { pollMs: NEVER, timeoutMs: 2000 },
    });
    const rejected = assert.rejects(waiter.waitFor('a', 1, 'a'), refused('behind'));
    await waitingFor(waiter, 1);
    context.mock.timers.tick(2000);
    assert.equal(waiter.waiting(), 1);
    context.mock.timers.tick(250);
    await rejected;
    assert.equal(waiter.waiting(), 0);
  });

  test('is refused at once for a parked account, also when that is parked while it waits', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const waiter = waiterOver(new Map([['p', at('p', 3, mark('p'))]]), {});
    await assert.rejects(waiter.waitFor('p', 1, 'p'), refused('parked'));
    const rejected = assert.rejects(waiter.waitFor('a', 2, 'a'), refused('parked'));
    await waitingFor(waiter, 1);
    waiter.notify([at('a', 1, mark('a'))]);
    await rejected;
  });

  test('is refused if too many requests wait, in total or for one caller', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const waiter = waiterOver(new Map(), { total: 3, perCaller: 2, timeoutMs: 10 });
    const waiting = [waiter.waitFor('a', 1, 'a'), waiter.waitFor('b', 1, 'a')];
    await waitingFor(waiter, 2);
    await assert.rejects(waiter.waitFor('c', 1, 'a'), refused('crowded'));
    waiting.push(waiter.waitFor('a', 1, 'b'));
    await waitingFor(waiter, 3);
    await assert.rejects(waiter.waitFor('a', 1, 'c'), refused('crowded'));
    waiter.notify([at('a', 1), at('b', 1)]);
    await Promise.all(waiting);
    assert.equal(waiter.waiting(), 0);
  });
});
