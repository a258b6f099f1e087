/** Defines the tests that every store of erasure receipts must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type ErasurePageQuery, findUnconfirmedConsumers } from '../erasure-receipts.ts';
import type { AuthStores } from '../stores.ts';
import { createTestInstant } from './commits.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

export function defineErasureReceiptsContractTests(name: string, open: OpenEmptyStores): void {
  describe(`receipts of erasures on ${name}`, () => {
    let stores: AuthStores;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ stores, close } = await open());
    });
    afterEach(() => close());

    async function erased(second: number, expected: readonly string[] = ['user', 'books']) {
      const erasure = {
        account: randomUUID(),
        sequence: 7,
        erasedAt: createTestInstant(second),
        expected,
      };
      await stores.erasureReceipts.open(erasure);
      return erasure;
    }
    function receiptOf(consumer: string, second = 30) {
      return { consumer, confirmedAt: createTestInstant(second) };
    }
    async function accounts(page: Partial<ErasurePageQuery> = {}) {
      return (await stores.erasureReceipts.list({ limit: 9, ...page })).map(({ account }) => account);
    }

    test('an erasure is found as it was opened first, and no other', async () => {
      const erasure = await erased(10);
      await stores.erasureReceipts.open({ ...erasure, erasedAt: createTestInstant(20), expected: [] });
      assert.deepEqual(await stores.erasureReceipts.find(erasure.account), { ...erasure, receipts: [] });
      assert.equal(await stores.erasureReceipts.find(randomUUID()), undefined);
    });

    test('an erasure with another sequence replaces the earlier one with its receipts and copies', async () => {
      const erasure = await erased(10, ['user']);
      await stores.erasureReceipts.confirm(erasure, receiptOf('user'));
      await stores.erasureReceipts.noteCopies(erasure.account, createTestInstant(40));
      const again = { ...erasure, sequence: 9, erasedAt: createTestInstant(50) };
      await stores.erasureReceipts.open(again);
      assert.deepEqual(await stores.erasureReceipts.find(erasure.account), { ...again, receipts: [] });
      assert.deepEqual(await stores.erasureReceipts.listCopied({ limit: 9 }), []);
      assert.deepEqual(await accounts({ waiting: true }), [erasure.account]);
      await stores.erasureReceipts.confirm(erasure, receiptOf('books'));
      assert.deepEqual(await stores.erasureReceipts.find(erasure.account), { ...again, receipts: [] });
    });

    test('each consumer confirms once, and none an account that was not erased', async () => {
      const erasure = await erased(10);
      await stores.erasureReceipts.confirm(erasure, receiptOf('user', 20));
      await stores.erasureReceipts.confirm(erasure, receiptOf('user', 30));
      await stores.erasureReceipts.confirm(erasure, receiptOf('mirror', 40));
      const found = await stores.erasureReceipts.find(erasure.account);
      assert.deepEqual(found?.receipts, [receiptOf('user', 20), receiptOf('mirror', 40)]);
      assert.deepEqual(found && findUnconfirmedConsumers(found), ['books']);

      const stranger = { ...erasure, account: randomUUID() };
      await stores.erasureReceipts.confirm(stranger, receiptOf('user'));
      assert.equal(await stores.erasureReceipts.find(stranger.account), undefined);
    });

    test('copies are noted, and listed by their first time until the events are gone', async () => {
      const [late, early, none] = [await erased(10), await erased(20), await erased(30)];
      await stores.erasureReceipts.noteCopies(late.account, createTestInstant(50));
      await stores.erasureReceipts.noteCopies(early.account, createTestInstant(40));
      await stores.erasureReceipts.noteCopies(early.account, createTestInstant(60));
      await stores.erasureReceipts.noteCopies(randomUUID(), createTestInstant(40));
      const [first, second, ...others] = await stores.erasureReceipts.listCopied({ limit: 9 });
      assert.deepEqual(first, {
        ...early,
        receipts: [],
        copies: { firstAt: createTestInstant(40), lastAt: createTestInstant(60) },
      });
      assert.deepEqual([second?.account, others], [late.account, []]);
      assert.deepEqual(await stores.erasureReceipts.listCopied({ limit: 1 }), [first]);
      assert.deepEqual(
        await stores.erasureReceipts.listCopied({ limit: 9, ...(first && { after: first }) }),
        [second],
      );
      await stores.erasureReceipts.noteGone(early.account, createTestInstant(70));
      await stores.erasureReceipts.noteGone(early.account, createTestInstant(80));
      await stores.erasureReceipts.noteGone(none.account, createTestInstant(80));
      const copies = {
        firstAt: createTestInstant(40),
        lastAt: createTestInstant(60),
        goneAt: createTestInstant(70),
      };
      assert.deepEqual(await stores.erasureReceipts.find(early.account), { ...early, receipts: [], copies });
      assert.deepEqual(await stores.erasureReceipts.find(none.account), { ...none, receipts: [] });
      assert.deepEqual(await stores.erasureReceipts.listCopied({ limit: 9 }), [second]);
    });

    test('copies that are noted again are listed again, from that time on', async () => {
      const [early, late] = [await erased(10), await erased(20)];
      await stores.erasureReceipts.noteCopies(early.account, createTestInstant(40));
      await stores.erasureReceipts.noteGone(early.account, createTestInstant(50));
      await stores.erasureReceipts.noteCopies(late.account, createTestInstant(60));
      await stores.erasureReceipts.noteCopies(early.account, createTestInstant(70));
      const listed = await stores.erasureReceipts.listCopied({ limit: 9 });
      assert.deepEqual(
        listed.map(({ account, copies }) => [account, copies]),
        [
          [late.account, { firstAt: createTestInstant(60), lastAt: createTestInstant(60) }],
          [early.account, { firstAt: createTestInstant(70), lastAt: createTestInstant(70) }],
        ],
      );
    });

    test('concurrent confirmations are all kept, and end the waiting', async () => {
      const erasure = await erased(10);
      const consumers = ['user', 'books', 'mirror', 'user', 'books'];
      await Promise.all(
        consumers.map((consumer) => stores.erasureReceipts.confirm(erasure, receiptOf(consumer))),
      );
      const found = await stores.erasureReceipts.find(erasure.account);
      assert.deepEqual(found?.receipts.map(({ consumer }) => consumer).toSorted(), [
        'books',
        'mirror',
        'user',
      ]);
      assert.deepEqual(await accounts({ waiting: true }), []);
    });

    test('are listed latest first, page by page, even if instants are equal', async () => {
      const opened = [await erased(10), await erased(30), await erased(20), await erased(20)];
      const expected = opened
        .toSorted((a, b) => (a.erasedAt + a.account < b.erasedAt + b.account ? 1 : -1))
        .map(({ account }) => account);
      assert.deepEqual(await accounts(), expected);
      const found: string[] = [];
      for (let [next] = await stores.erasureReceipts.list({ limit: 1 }); next; ) {
        found.push(next.account);
        [next] = await stores.erasureReceipts.list({ limit: 1, after: next });
      }
      assert.deepEqual(found, expected);
      const [last] = expected.slice(-1);
      assert.deepEqual(await accounts({ until: createTestInstant(10) }), [last]);
    });

    test('wait until the last expected consumer has confirmed', async () => {
      const [first, second] = [await erased(10), await erased(20)];
      const nobody = await erased(30, []);
      assert.deepEqual(await accounts({ waiting: true }), [second.account, first.account]);
      assert.deepEqual(await accounts({ waiting: true, after: second }), [first.account]);
      assert.deepEqual(await accounts({ waiting: true, until: createTestInstant(19) }), [first.account]);
      await stores.erasureReceipts.confirm(first, receiptOf('user'));
      assert.equal((await accounts({ waiting: true })).length, 2);
      await stores.erasureReceipts.confirm(first, receiptOf('books'));
      assert.deepEqual(await accounts({ waiting: true }), [second.account]);
      assert.deepEqual(await accounts(), [nobody.account, second.account, first.account]);
    });
  });
}
