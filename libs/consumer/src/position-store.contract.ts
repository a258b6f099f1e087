/** Tests of the guarantees of {@link PositionStore}, for node:test. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Parked, Position, PositionStore } from './position-store.ts';

const ada = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';
const bob = '01980a11-0c20-7b02-8a44-91e7d5c3b2a1';

/**
 * Creates what a store keeps about an account that is parked because an earlier event is missing.
 * @param offset the offset of the record at which a consumer noticed that the event is missing
 */
export function createGapParkMark(account: string, offset: number): Parked {
  return {
    account,
    topic: 'accounts.events.v1',
    partition: 7,
    offset,
    after: 3,
    reason: 'gap',
    cause: 'event 5 came where 4 was due',
  };
}

/**
 * Defines the contract tests of a position store.
 * @param open returns an empty store; called once per test
 * @param withState returns a position with the additional state that the tested store keeps
 */
export function positionStoreContract<P extends Position>(
  name: string,
  open: (context: TestContext) => Promise<PositionStore<P>>,
  withState: (position: Position) => P,
): void {
  function at(account: string, sequence: number, parked?: Parked): P {
    return withState({ account, sequence, ...(parked && { parked }) });
  }
  function promises(title: string, check: (store: PositionStore<P>) => Promise<void>) {
    return test(title, async (context) => check(await open(context)));
  }
  async function stored(store: PositionStore<P>, account: string): Promise<P | undefined> {
    return (await store.load([account])).get(account);
  }

  describe(`the ${name} store of positions`, () => {
    promises('knows nothing of an account that it was not given', async (store) => {
      await store.save([at(ada, 1)]);
      assert.deepEqual(await store.load([bob]), new Map());
      assert.deepEqual(await store.load([]), new Map());
    });

    promises('gives back each position as it was given', async (store) => {
      const positions = [at(ada, 3, createGapParkMark(ada, 12)), at(bob, 1)];
      await store.save(positions);
      const expected = new Map(positions.map((position) => [position.account, position]));
      assert.deepEqual(new Map(await store.load([bob, ada])), expected);
    });

    promises(
      'keeps the head of a position, marked or not, and replaces it together with the sequence',
      async (store) => {
        const marked = { ...at(ada, 3, createGapParkMark(ada, 12)), head: '3:third' };
        await store.save([{ ...at(ada, 3), head: '3:third' }, at(bob, 1)]);
        await store.save([marked]);
        assert.deepEqual(await stored(store, ada), marked);
        await store.replaceMark(createGapParkMark(ada, 12));
        assert.deepEqual(await stored(store, ada), { ...at(ada, 3), head: '3:third' });
        await store.save([
          { ...at(ada, 4), head: '4:fourth' },
          { ...at(bob, 2), head: '2:second' },
        ]);
        assert.equal((await stored(store, ada))?.head, '4:fourth');
        assert.equal((await stored(store, bob))?.head, '2:second');
        await store.save([at(ada, 5)]);
        assert.deepEqual(await stored(store, ada), at(ada, 5));
      },
    );

    promises('keeps the head of the first of two positions at the same sequence', async (store) => {
      await store.save([{ ...at(ada, 3), head: '3:one' }]);
      await store.save([{ ...at(ada, 3), head: '3:other' }]);
      assert.deepEqual(await stored(store, ada), { ...at(ada, 3), head: '3:one' });
    });

    promises('accepts an empty list of positions', async (store) => {
      await store.save([]);
      assert.equal(await stored(store, ada), undefined);
    });

    promises('never goes back to a lower sequence', async (store) => {
      await store.save([at(ada, 3)]);
      await store.save([at(ada, 2)]);
      await store.save([at(ada, 2, createGapParkMark(ada, 9))]);
      assert.deepEqual(await stored(store, ada), at(ada, 3));
    });

    promises('drops the mark of an earlier event with a later position', async (store) => {
      await store.save([at(ada, 3, createGapParkMark(ada, 12))]);
      await store.save([at(ada, 4)]);
      assert.deepEqual(await stored(store, ada), at(ada, 4));
    });

    promises('parks an account at its sequence, also before its first event', async (store) => {
      await store.save([at(ada, 3)]);
      await store.save([at(ada, 3, createGapParkMark(ada, 12))]);
      await store.save([at(bob, 0, createGapParkMark(bob, 13))]);
      assert.deepEqual(await stored(store, ada), at(ada, 3, createGapParkMark(ada, 12)));
      assert.deepEqual(await stored(store, bob), at(bob, 0, createGapParkMark(bob, 13)));
    });

    promises('neither clears nor changes a mark at the same sequence', async (store) => {
      const parked = at(ada, 3, createGapParkMark(ada, 12));
      await store.save([parked]);
      await store.save([at(ada, 3)]);
      await store.save([at(ada, 3, createGapParkMark(ada, 14))]);
      assert.deepEqual(await stored(store, ada), parked);
    });

    promises('clears a mark on request, exactly this one alone', async (store) => {
      const mark = createGapParkMark(ada, 12);
      await store.save([at(ada, 3, mark)]);
      await store.replaceMark(createGapParkMark(ada, 11));
      await store.replaceMark({ ...mark, partition: 8 });
      await store.replaceMark({ ...mark, topic: 'mailings.events.v1' });
      await store.replaceMark({ ...mark, cause: 'event 6 came where 5 was due' });
      await store.replaceMark(createGapParkMark(bob, 12));
      assert.deepEqual(await stored(store, ada), at(ada, 3, mark));
      await store.replaceMark(mark);
      assert.deepEqual(await stored(store, ada), at(ada, 3));
      assert.equal(await stored(store, bob), undefined);
    });

    promises('replaces a mark on request, and sets none where there is none', async (store) => {
      const unreadable = {
        ...createGapParkMark(ada, 12),
        reason: 'unreadable',
        cause: 'value is not JSON',
      } as const;
      await store.save([at(ada, 3, createGapParkMark(ada, 12)), at(bob, 1)]);
      await store.replaceMark(createGapParkMark(ada, 11), unreadable);
      assert.deepEqual(await stored(store, ada), at(ada, 3, createGapParkMark(ada, 12)));
      await store.replaceMark(createGapParkMark(ada, 12), unreadable);
      await store.replaceMark(createGapParkMark(bob, 12), createGapParkMark(bob, 12));
      assert.deepEqual(await stored(store, ada), at(ada, 3, unreadable));
      assert.deepEqual(await stored(store, bob), at(bob, 1));
    });

    promises('keeps the furthest of positions that are saved at once', async (store) => {
      const sequences = Array.from({ length: 20 }, (_, index) => ((index * 7) % 20) + 1);
      await Promise.all(sequences.map((sequence) => store.save([at(ada, sequence)])));
      assert.deepEqual(await stored(store, ada), at(ada, 20));
    });
  });
}
