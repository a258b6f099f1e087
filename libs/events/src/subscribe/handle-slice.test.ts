import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BusRecord, PartitionSlice } from '@latchkey/bus';
import { acceptAllRecords } from '@latchkey/consumer/testing/signed';
import type { LatchkeyEvent } from '../catalogue.ts';
import { ACCOUNTS_TOPIC } from '../topics.ts';
import { createOrderedSliceHandler } from './handle-slice.ts';
import type { Handlers } from './handlers.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import type { SequenceStore } from './sequence-store.ts';
import { StoppedError } from './subscriber.ts';
import { createDurableTestStore } from './testing/harness.ts';
import { createTestAccount, toOutgoingRecord } from './testing/history.ts';

function placed(event: LatchkeyEvent, offset: number): BusRecord {
  const { key, value, headers } = toOutgoingRecord(event);
  return {
    topic: ACCOUNTS_TOPIC,
    partition: 0,
    offset,
    timestamp: new Date(0),
    key: Buffer.from(String(key)),
    value,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, Buffer.from(String(text))]),
    ),
  };
}

function sliceOf(events: readonly LatchkeyEvent[], signal = new AbortController().signal): PartitionSlice {
  return {
    topic: ACCOUNTS_TOPIC,
    partition: 0,
    records: events.map(placed),
    signal,
    setAside: () => assert.fail('nothing is set aside'),
  };
}

/**
 * Returns the handler of a group member. The members share only the store, as if each ran in its own process.
 */
function memberOf(store: SequenceStore, handlers: Handlers) {
  return createOrderedSliceHandler({
    authenticate: acceptAllRecords,
    bus: { readKey: () => assert.fail('nothing is read again') },
    store,
    handlers,
    mutex: createKeyedMutex(),
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    observe: () => undefined,
  });
}

/**
 * Returns a group member that adds each event to the list `handled`. While it handles the first event, it
 * waits until the test releases it.
 */
function slowMember(store: SequenceStore, handled: string[]) {
  const [begun, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  async function note(_event: unknown, { sequence }: { readonly sequence: number }) {
    handled.push(`slow ${sequence}`);
    begun.resolve();
    await letGo.promise;
  }
  return {
    handle: memberOf(store, { UserRegistered: note, AccountVerified: note, SessionsRevoked: note }),
    begun: begun.promise,
    letGo: letGo.resolve,
  };
}

function quickMember(store: SequenceStore, handled: string[]) {
  function note(_event: unknown, { sequence }: { readonly sequence: number }) {
    return void handled.push(`quick ${sequence}`);
  }
  return memberOf(store, { UserRegistered: note, AccountVerified: note, SessionsRevoked: note });
}

function history(account = createTestAccount()) {
  return [account.registered(), account.verified(), account.revoked()];
}

describe('a slice whose partition goes to another member', () => {
  test('is given up before the next event, so that only the current one is handled twice', async () => {
    const [store, handled, events] = [createDurableTestStore(), [] as string[], history()];
    const slow = slowMember(store, handled);
    const taken = new AbortController();
    const given = assert.rejects(slow.handle(sliceOf(events, taken.signal)), StoppedError);
    await slow.begun;
    taken.abort();
    slow.letGo();
    await given;
    await quickMember(store, handled)(sliceOf(events));
    assert.deepEqual(handled, ['slow 1', 'quick 2', 'quick 3']);
  });

  test('follows the position that the other member has stored, if it is not notified in time', async () => {
    const [store, handled, events] = [createDurableTestStore(), [] as string[], history()];
    const slow = slowMember(store, handled);
    const done = slow.handle(sliceOf(events));
    await slow.begun;
    await quickMember(store, handled)(sliceOf(events));
    slow.letGo();
    await done;
    assert.deepEqual(handled, ['slow 1', 'quick 1', 'quick 2', 'quick 3']);
  });

  test('begins nothing if it was taken away while its positions were read', async () => {
    const [store, handled, taken] = [createDurableTestStore(), [] as string[], new AbortController()];
    const slow = {
      ...store,
      load: (accounts: readonly string[]) => {
        taken.abort();
        return store.load(accounts);
      },
    };
    const handle = quickMember(slow, handled);
    await assert.rejects(handle(sliceOf(history(), taken.signal)), StoppedError);
    assert.deepEqual(handled, []);
  });

  test('parks no account for a gap that the other member has filled', async () => {
    const [store, handled] = [createDurableTestStore(), [] as string[]];
    const [first, second, third] = history();
    assert.ok(first && second && third);
    const slow = slowMember(store, handled);
    const done = slow.handle(sliceOf([first, third]));
    await slow.begun;
    await quickMember(store, handled)(sliceOf([first, second]));
    slow.letGo();
    await done;
    assert.equal((await store.load([first.subject])).get(first.subject)?.sequence, 3);
    assert.deepEqual(await store.listParked(), []);
    assert.deepEqual(handled, ['slow 1', 'quick 1', 'quick 2', 'slow 3']);
  });
});

test('an account that another member marks is not resumed because of an event that the slice has skipped', async () => {
  const [store, handled] = [createDurableTestStore(), [] as string[]];
  const account = createTestAccount();
  const [first, second, third] = [account.registered(), account.verified(), account.revoked()];
  const parked = {
    account: account.id,
    topic: ACCOUNTS_TOPIC,
    partition: 0,
    offset: 9,
    after: 1,
    reason: 'gap',
    cause: 'another one',
  } as const;
  await store.save([{ account: account.id, sequence: 1 }]);
  let loads = 0;
  const marking: SequenceStore = {
    ...store,
    load: async (accounts) => {
      loads += 1;
      if (loads === 2) await store.save([{ account: account.id, sequence: 1, parked }]);
      return store.load(accounts);
    },
  };
  const handle = memberOf(marking, {
    SessionsRevoked: (_event, { sequence }) => void handled.push(`${sequence}`),
  });
  await handle(sliceOf([first, second, third]));
  assert.deepEqual(handled, []);
  assert.deepEqual(await store.listParked(), [parked]);
});
