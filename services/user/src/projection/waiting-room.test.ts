import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Parked } from '@latchkey/consumer';
import { createLogger } from '@latchkey/process';
import { accountOf, type StoredAccount, unknownAccount } from '../profile/stored-account.ts';
import { createWaitingRoom, type WaitLimits, type WaitRefusal } from './waiting-room.ts';

function at(id: string, sequence: number, parked?: Parked): StoredAccount {
  return { ...accountOf({ ended: true, id, sequence }), ...(parked ? { parked } : {}) };
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

const NEVER = 60_000;

function roomOver(stored: Map<string, StoredAccount>, limits: Partial<WaitLimits>, fail = () => false) {
  function answer<T>(value: T) {
    return fail() ? Promise.reject(new Error('away')) : Promise.resolve(value);
  }
  return createWaitingRoom({
    profiles: {
      find: (id) => Promise.resolve(stored.get(id) ?? unknownAccount(id)),
      load: (ids) => answer(new Map([...stored].filter(([id]) => ids.includes(id)))),
    },
    logger: createLogger({ name: 'test', level: 'silent' }),
    limits: { pollMs: NEVER, ...limits },
  });
}

function refused(kind: WaitRefusal) {
  return { name: 'WaitRefused', kind };
}

/** Until so many wait: `reach` asks the store first. */
async function waitingFor(room: { waiting(): number }, count: number) {
  while (room.waiting() < count) await Promise.resolve();
}

describe('a request that is ahead of the read model', () => {
  test('does not wait for what is there', async () => {
    const room = roomOver(new Map([['a', at('a', 3)]]), {});
    assert.equal((await room.reach('a', 3, 'a')).sequence, 3);
    assert.equal(room.waiting(), 0);
  });

  test('goes on the moment that the projection gets there, not before', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const room = roomOver(new Map(), {});
    const reached = room.reach('a', 3, 'a');
    await waitingFor(room, 1);
    room.announce([at('b', 3), at('a', 2)]);
    assert.equal(room.waiting(), 1);
    room.announce([at('a', 4)]);
    assert.equal((await reached).sequence, 4);
    assert.equal(room.waiting(), 0);
  });

  test('goes on when another instance has applied the event, also after the store was away', async () => {
    const stored = new Map<string, StoredAccount>();
    let failures = 1;
    const room = roomOver(stored, { pollMs: 1 }, () => failures-- > 0);
    const reached = room.reach('a', 1, 'a');
    await waitingFor(room, 1);
    stored.set('a', at('a', 1));
    assert.equal((await reached).sequence, 1);
  });

  test('is refused when its time is over, and is forgotten', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const room = roomOver(new Map(), { timeoutMs: 2000 });
    const rejected = assert.rejects(room.reach('a', 1, 'a'), refused('behind'));
    await waitingFor(room, 1);
    context.mock.timers.tick(1999);
    assert.equal(room.waiting(), 1);
    context.mock.timers.tick(1);
    await rejected;
    assert.equal(room.waiting(), 0);
  });

  test('is refused at once for a parked account, also when that is parked while it waits', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const room = roomOver(new Map([['p', at('p', 3, mark('p'))]]), {});
    await assert.rejects(room.reach('p', 1, 'p'), refused('parked'));
    const rejected = assert.rejects(room.reach('a', 2, 'a'), refused('parked'));
    await waitingFor(room, 1);
    room.announce([at('a', 1, mark('a'))]);
    await rejected;
  });

  test('is turned away where too many wait, in all or for one caller', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const room = roomOver(new Map(), { total: 3, perCaller: 2, timeoutMs: 10 });
    const waiting = [room.reach('a', 1, 'a'), room.reach('b', 1, 'a')];
    await waitingFor(room, 2);
    await assert.rejects(room.reach('c', 1, 'a'), refused('crowded'));
    waiting.push(room.reach('a', 1, 'b'));
    await waitingFor(room, 3);
    await assert.rejects(room.reach('a', 1, 'c'), refused('crowded'));
    room.announce([at('a', 1), at('b', 1)]);
    await Promise.all(waiting);
    assert.equal(room.waiting(), 0);
  });
});
