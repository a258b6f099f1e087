/** Defines the tests that every store of erasures must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { AuthStores } from '../stores.ts';
import { createCommit, createTestInstant } from './commits.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

export function defineErasuresContractTests(name: string, open: OpenEmptyStores): void {
  describe(`erasures on ${name}`, () => {
    let stores: AuthStores;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ stores, close } = await open());
    });
    afterEach(() => close());

    async function append(second: number, number = 1, stream: string = randomUUID()) {
      const eraseAt = createTestInstant(second);
      await stores.journal.append({ ...createCommit({ stream, number }), eraseAt });
      return { stream, number, eraseAt };
    }
    function due(second: number, limit = 10) {
      return stores.erasures.due({ until: new Date(createTestInstant(second)), limit });
    }

    test('are listed once they are due, earliest first', async () => {
      await stores.journal.append(createCommit());
      const [third, first, second] = [await append(30), await append(10), await append(20)];
      assert.deepEqual(await due(9), []);
      assert.deepEqual(await due(20), [first, second]);
      assert.deepEqual(await due(99), [first, second, third]);
    });

    test('come page by page, even if instants are equal', async () => {
      const all = [await append(10), await append(10), await append(10), await append(5)];
      const found = [];
      for (let [next] = await due(99, 1); next; ) {
        found.push(next);
        [next] = await stores.erasures.due({
          after: next,
          until: new Date(createTestInstant(99)),
          limit: 1,
        });
      }
      assert.equal(found.length, all.length);
      assert.deepEqual(new Set(found.map(({ stream }) => stream)), new Set(all.map(({ stream }) => stream)));
    });

    test('are closed one by one; closing is idempotent', async () => {
      const stream = randomUUID();
      const [first, second] = [await append(10, 1, stream), await append(20, 2, stream)];
      await stores.erasures.settle(first);
      await stores.erasures.settle(first);
      assert.deepEqual(await due(99), [second]);
      await stores.erasures.settle({ stream: randomUUID(), number: 1 });
      assert.deepEqual(await due(99), [second]);
    });

    test('are closed together once their account is erased', async () => {
      const stream = randomUUID();
      for (const [index, second] of [10, 20].entries()) await append(second, index + 1, stream);
      const other = await append(30);
      for (const _ of Array(2).keys()) await stores.erasures.settleAll(stream);
      assert.deepEqual(await due(99), [other]);
    });

    test('are scheduled until the last one is closed', async () => {
      const stream = randomUUID();
      await stores.journal.append(createCommit({ stream, number: 1 }));
      const isScheduled = () => stores.erasures.isScheduled(stream);
      assert.equal(await isScheduled(), false);
      const [first, second] = [await append(10, 2, stream), await append(20, 3, stream)];
      await append(10);
      await stores.erasures.settle(first);
      assert.equal(await isScheduled(), true);
      await stores.erasures.settle(second);
      assert.equal(await isScheduled(), false);
    });
  });
}
