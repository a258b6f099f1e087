import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Parked, Position, SequenceStore } from './sequence-store.ts';

const ada = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';
const bob = '01980a11-0c20-7b02-8a44-91e7d5c3b2a1';

function parkedAt(account: string, offset: number): Parked {
  return {
    account,
    topic: 'accounts.events.v1',
    partition: 7,
    offset,
    after: 3,
    cause: 'event 5 came where 4 was due',
  };
}

/**
 * What every {@link SequenceStore} promises, as tests of node:test: hold your own to it. `open` is called once
 * per test and gives an empty store; `close` takes away what it made.
 */
export function sequenceStoreContract(
  name: string,
  open: () => Promise<{ readonly store: SequenceStore; close(): Promise<void> }>,
): void {
  function promises(title: string, check: (store: SequenceStore) => Promise<void>) {
    return it(title, async (context) => {
      const { store, close } = await open();
      context.after(close);
      await check(store);
    });
  }
  async function stored(store: SequenceStore, account: string): Promise<Position | undefined> {
    return (await store.load([account])).get(account);
  }

  describe(`the ${name} store of positions`, () => {
    promises('knows nothing of an account that it was not given', async (store) => {
      await store.save([{ account: ada, sequence: 1 }]);
      assert.deepEqual(await store.load([bob]), new Map());
      assert.deepEqual(await store.load([]), new Map());
    });

    promises('gives back each position as it was given', async (store) => {
      const positions: Position[] = [
        { account: ada, sequence: 3, parked: parkedAt(ada, 12) },
        { account: bob, sequence: 1 },
      ];
      await store.save(positions);
      assert.deepEqual(
        await store.load([bob, ada]),
        new Map(positions.map((position) => [position.account, position])),
      );
    });

    promises('takes no position for none', async (store) => {
      await store.save([]);
      assert.deepEqual(await store.listParked(), []);
    });

    promises('never goes back', async (store) => {
      await store.save([{ account: ada, sequence: 3 }]);
      await store.save([{ account: ada, sequence: 2 }]);
      await store.save([{ account: ada, sequence: 2, parked: parkedAt(ada, 9) }]);
      assert.deepEqual(await stored(store, ada), { account: ada, sequence: 3 });
    });

    promises('goes on, and leaves a mark behind that is of an earlier event', async (store) => {
      await store.save([{ account: ada, sequence: 3, parked: parkedAt(ada, 12) }]);
      await store.save([{ account: ada, sequence: 4 }]);
      assert.deepEqual(await stored(store, ada), { account: ada, sequence: 4 });
      assert.deepEqual(await store.listParked(), []);
    });

    promises('parks an account where it stands, also before its first event', async (store) => {
      await store.save([{ account: ada, sequence: 3 }]);
      await store.save([{ account: ada, sequence: 3, parked: parkedAt(ada, 12) }]);
      await store.save([{ account: bob, sequence: 0, parked: parkedAt(bob, 13) }]);
      assert.deepEqual(await store.listParked(), [parkedAt(bob, 13), parkedAt(ada, 12)]);
    });

    promises('takes no mark off, and changes none, at the same sequence', async (store) => {
      await store.save([{ account: ada, sequence: 3, parked: parkedAt(ada, 12) }]);
      await store.save([{ account: ada, sequence: 3 }]);
      await store.save([{ account: ada, sequence: 3, parked: parkedAt(ada, 14) }]);
      assert.deepEqual(await store.listParked(), [parkedAt(ada, 12)]);
    });

    promises('takes a mark off when told so, and of this very record alone', async (store) => {
      await store.save([{ account: ada, sequence: 3, parked: parkedAt(ada, 12) }]);
      await store.unpark(parkedAt(ada, 11));
      await store.unpark({ ...parkedAt(ada, 12), partition: 8 });
      await store.unpark({ ...parkedAt(ada, 12), topic: 'mailings.events.v1' });
      await store.unpark(parkedAt(bob, 12));
      assert.deepEqual(await store.listParked(), [parkedAt(ada, 12)]);
      await store.unpark(parkedAt(ada, 12));
      assert.deepEqual(await stored(store, ada), { account: ada, sequence: 3 });
      assert.equal(await stored(store, bob), undefined);
    });

    promises('keeps the furthest of positions that are given at once', async (store) => {
      const sequences = Array.from({ length: 20 }, (_, index) => index + 1);
      await Promise.all(sequences.map((sequence) => store.save([{ account: ada, sequence }])));
      assert.deepEqual(await stored(store, ada), { account: ada, sequence: 20 });
    });
  });
}
