/** Defines the tests that every store of recorded requests must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { v7 as uuidv7 } from 'uuid';
import type { MailRequestQueue, QueuedMailRequest } from '../requests.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

function second(number: number): Date {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, number));
}

function requestOf(at = 0, given: Partial<QueuedMailRequest> = {}): QueuedMailRequest {
  return {
    id: uuidv7({ msecs: second(at).getTime() }),
    kind: 'password-reset',
    address: 'ada@example.com',
    at: second(at).toISOString(),
    correlationId: randomUUID(),
    ...given,
  };
}

function ids(requests: readonly QueuedMailRequest[]) {
  return requests.map(({ id }) => id);
}

export function defineRequestsContractTests(name: string, open: OpenEmptyStores): void {
  describe(`requests on ${name}`, () => {
    let requests: MailRequestQueue;
    let close: () => Promise<void>;

    beforeEach(async () => {
      const opened = await open();
      requests = opened.stores.requests;
      close = opened.close;
    });
    afterEach(() => close());

    async function added(...all: readonly QueuedMailRequest[]) {
      for (const request of all) await requests.add(request);
      return all;
    }
    function claim(owner: string, now: Date, limit = 10) {
      return requests.claim({ owner, now, leaseMs: 5000, limit });
    }

    test('are claimed as they were recorded, oldest first, no more than requested', async () => {
      const oldest = requestOf(1, {
        kind: 'verification',
        overBudget: true,
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      });
      const [middle, newest] = [requestOf(2), requestOf(3)];
      await added(newest, oldest, middle);
      assert.deepEqual(await claim('one', second(4), 2), [oldest, middle]);
      assert.deepEqual(await claim('one', second(4), 2), [newest]);
      assert.deepEqual(await claim('one', second(4), 2), []);
    });

    test('are recorded once, however often they are added', async () => {
      const request = requestOf();
      assert.equal(await requests.add(request), true);
      assert.equal(await requests.add(request), false);
      assert.equal(await requests.count(), 1);
      await claim('one', second(1));
      assert.equal(await requests.add(request), false);
      assert.deepEqual(await claim('other', second(1)), []);
    });

    test('are claimed once by many owners', async () => {
      const all = await added(...Array.from({ length: 30 }, (_, index) => requestOf(index)));
      const claimed = await Promise.all(
        Array.from({ length: 20 }, (_, index) => claim(`owner ${index}`, second(60), 3)),
      );
      assert.equal(claimed.flat().length, 30);
      assert.deepEqual(new Set(ids(claimed.flat())), new Set(ids(all)));
    });

    test('can be claimed by another owner once their lease was freed, whatever the clock shows', async () => {
      const [request] = (await added(requestOf())) as [QueuedMailRequest];
      assert.deepEqual(await requests.held(), []);
      assert.deepEqual(await claim('one', second(10)), [request]);
      assert.deepEqual(await claim('other', second(1000)), []);
      const held = { name: request.id, holder: 'one', until: second(15) };
      assert.deepEqual(await requests.held(), [held]);
      await requests.free(held);
      await requests.free(held);
      assert.deepEqual(await requests.held(), []);
      assert.deepEqual(await claim('other', second(0)), [request]);
      assert.deepEqual(await claim('one', second(16)), []);
    });

    test('are not freed while their owner has a newer lease', async () => {
      const [request] = (await added(requestOf())) as [QueuedMailRequest];
      const old = { name: request.id, holder: 'one', until: second(15) };
      await claim('one', second(10));
      await requests.free(old);
      await claim('one', second(20));
      await requests.free(old);
      await requests.free({ ...old, holder: 'other', until: second(25) });
      assert.deepEqual(await claim('other', second(30)), []);
    });

    test('are removed once their owner has processed them', async () => {
      const [first, next] = (await added(requestOf(1), requestOf(2))) as [
        QueuedMailRequest,
        QueuedMailRequest,
      ];
      await claim('one', second(10));
      await requests.done(first.id, 'one');
      await requests.done(first.id, 'one');
      assert.equal(await requests.count(), 1);
      assert.deepEqual(
        (await requests.held()).map((held) => held.name),
        [next.id],
      );
    });

    test('stay with their new owner when a former one is done', async () => {
      const [request] = (await added(requestOf())) as [QueuedMailRequest];
      await claim('one', second(10));
      for (const lease of await requests.held()) await requests.free(lease);
      await claim('other', second(20));
      await requests.done(request.id, 'one');
      assert.equal(await requests.count(), 1);
      await requests.done(request.id, 'other');
      assert.equal(await requests.count(), 0);
    });

    test('cannot be completed if nobody has claimed them', async () => {
      const [request] = (await added(requestOf())) as [QueuedMailRequest];
      await requests.done(request.id, 'one');
      assert.equal(await requests.count(), 1);
    });
  });
}
