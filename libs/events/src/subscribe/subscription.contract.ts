import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type EventContext, type Handlers, ParkError, type SubscribedEvent } from './handlers.ts';
import { memoryStore } from './memory-store.ts';
import type { ConfirmErasure } from './subscription.ts';
import { createDurableTestStore, type TestHarness } from './testing/harness.ts';
import {
  createRecordWithTruncatedValue,
  createRecordWithType,
  createRecordWithVersion,
  createTestAccount,
  testPerson,
  toOutgoingRecord,
} from './testing/history.ts';
import { waitUntil } from './testing/until.ts';

/** Defines tests of the guarantees of a subscription, which every source of events must pass. */
export function subscriptionContract(
  name: string,
  openTestHarness: (context: TestContext, confirm?: ConfirmErasure) => Promise<TestHarness>,
): void {
  describe(`${name}: a subscription`, () => {
    test('calls the handler of its type for each event, with the account, the time and the sequence', async (context) => {
      const harness = await openTestHarness(context);
      const account = createTestAccount();
      const registered = account.registered();
      const seen: [SubscribedEvent<'UserRegistered'>, EventContext][] = [];
      await harness.subscribe({
        handlers: { UserRegistered: (event, place) => void seen.push([event, place]) },
      });
      await harness.publish([registered]);
      await waitUntil(() => seen.length === 1);
      const { id, sequence, time, correlationId, type, data } = registered;
      assert.deepEqual(seen, [
        [
          { type, data },
          { account: account.id, id, sequence, time, correlationId },
        ],
      ]);
    });

    test('tells handlers that a person has been erased', async (context) => {
      const harness = await openTestHarness(context);
      const persons: unknown[] = [];
      await harness.subscribe({ handlers: { UserRegistered: ({ data }) => void persons.push(data.person) } });
      await harness.publish([createTestAccount().registered(null), createTestAccount().registered()]);
      await waitUntil(() => persons.length === 2);
      assert.deepEqual(new Set(persons), new Set([null, testPerson]));
    });

    test('confirms an erasure once it was handled, and again until that has succeeded', async (context) => {
      const steps: string[] = [];
      let failures = 1;
      const harness = await openTestHarness(context, async (account, sequence) => {
        steps.push(`confirm ${account} ${sequence}`);
        if (failures-- > 0) throw new Error('away');
      });
      const account = createTestAccount();
      const store = createDurableTestStore();
      await harness.subscribe({
        store,
        handlers: {},
        erased: (id, { sequence }) => void steps.push(`erase ${id} ${sequence}`),
      });
      await harness.publish([account.registered(), account.erased()]);
      await waitUntil(async () => (await store.load([account.id])).get(account.id)?.sequence === 2);
      const [erase, confirm] = [`erase ${account.id} 2`, `confirm ${account.id} 2`];
      assert.deepEqual(steps, [erase, confirm, erase, confirm]);
    });

    test('does not confirm an erasure that its handler has not finished', async (context) => {
      const confirmed: string[] = [];
      const harness = await openTestHarness(context, async (account) => void confirmed.push(account));
      const [unable, able] = [createTestAccount(), createTestAccount()];
      const { listParked } = await harness.subscribe({
        handlers: {},
        erased(account) {
          if (account === unable.id) throw new ParkError('never');
        },
      });
      await harness.publish([unable.registered(), unable.erased(), able.registered(), able.erased()]);
      await waitUntil(async () => (await listParked()).length === 1 && confirmed.length > 0);
      assert.deepEqual(confirmed, [able.id]);
    });

    test('accepts only one handler of an erasure', async (context) => {
      const harness = await openTestHarness(context);
      const subscribing = harness.subscribe({
        handlers: { AccountErased: () => undefined },
        erased: () => undefined,
      });
      await assert.rejects(subscribing, { name: 'RangeError' });
    });

    test('skips events without a handler and events of unknown types, and counts both', async (context) => {
      const harness = await openTestHarness(context);
      const account = createTestAccount();
      const store = createDurableTestStore();
      const revoked: number[] = [];
      const { effects } = await harness.subscribe({
        store,
        handlers: { SessionsRevoked: (_event, { sequence }) => void revoked.push(sequence) },
      });
      await harness.publish([
        account.registered(),
        createRecordWithType(account.verified(), 'AccountMerged'),
        account.revoked(),
        account.verified(),
      ]);
      await waitUntil(async () => (await store.load([account.id])).get(account.id)?.sequence === 4);
      assert.deepEqual(revoked, [3]);
      assert.deepEqual(effects, [
        'UserRegistered passed over',
        'unknown passed over',
        'SessionsRevoked applied',
        'AccountVerified passed over',
      ]);
    });

    test('handles an event once, however often it is published', async (context) => {
      const harness = await openTestHarness(context);
      const account = createTestAccount();
      const [first, second] = [account.registered(), account.verified()];
      const { handled, effects } = await harness.subscribe();
      await harness.publish([first, first, second, first, second]);
      await waitUntil(() => effects.length === 5);
      assert.deepEqual(handled, ['UserRegistered 1', 'AccountVerified 2']);
    });

    test('continues after a restart where it was, if its store is durable', async (context) => {
      const harness = await openTestHarness(context);
      const account = createTestAccount();
      const store = createDurableTestStore();
      const [first, second] = [account.registered(), account.verified()];
      const before = await harness.subscribe({ store });
      await harness.publish([first]);
      await waitUntil(() => before.handled.length === 1);
      await before.stop();
      await harness.publish([first, second]);
      const after = await harness.subscribe({ store });
      await waitUntil(() => after.effects.length === 2);
      assert.deepEqual(after.handled, ['AccountVerified 2']);
    });

    test('continues in the middle of an account after a restart, if its store is not durable', async (context) => {
      const harness = await openTestHarness(context);
      const account = createTestAccount();
      const before = await harness.subscribe({ store: memoryStore() });
      await harness.publish([account.registered()]);
      await waitUntil(() => before.handled.length === 1);
      await before.stop();
      const after = await harness.subscribe({ store: memoryStore() });
      await harness.publish([account.verified()]);
      await waitUntil(() => after.handled.length === 1);
      assert.deepEqual(await after.listParked(), []);
    });

    test('delivers an event again until its handler resolves, and earlier events only once', async (context) => {
      const harness = await openTestHarness(context);
      const account = createTestAccount();
      const handled: string[] = [];
      let failures = 2;
      await harness.publish([account.registered(), account.verified(), account.revoked()]);
      await harness.subscribe({
        handlers: {
          UserRegistered: ({ type }) => void handled.push(type),
          AccountVerified: ({ type }) => {
            handled.push(type);
            if (failures-- > 0) throw new Error('away');
          },
          SessionsRevoked: ({ type }) => void handled.push(type),
        },
      });
      await waitUntil(() => handled.includes('SessionsRevoked'));
      assert.deepEqual(handled, [
        'UserRegistered',
        'AccountVerified',
        'AccountVerified',
        'AccountVerified',
        'SessionsRevoked',
      ]);
    });

    test('stores a position only after the handler, so that an event is handled again if the process dies in between', async (context) => {
      const harness = await openTestHarness(context);
      const account = createTestAccount();
      const store = createDurableTestStore();
      let away = true;
      const fragile = {
        ...store,
        save: (positions: Parameters<typeof store.save>[0]) =>
          away ? Promise.reject(new Error('away')) : store.save(positions),
      };
      const { handled } = await harness.subscribe({ store: fragile });
      await harness.publish([account.registered()]);
      await waitUntil(() => handled.length >= 2);
      away = false;
      await waitUntil(async () => (await store.load([account.id])).size === 1);
      assert.equal(new Set(handled).size, 1);
    });

    test('handles each event exactly once if the handler stores the position itself', async (context) => {
      const harness = await openTestHarness(context);
      const account = createTestAccount();
      const store = createDurableTestStore();
      const greeted: string[] = [];
      let deaths = 1;
      await harness.subscribe({
        store,
        handlers: {
          async UserRegistered(_event, { account, sequence }) {
            greeted.push(account);
            await store.save([{ account, sequence }]);
            if (deaths-- > 0) throw new Error('died after the transaction');
          },
        },
      });
      await harness.publish([account.registered(), account.verified()]);
      await waitUntil(async () => (await store.load([account.id])).get(account.id)?.sequence === 2);
      assert.deepEqual(greeted, [account.id]);
    });
  });

  describe('an account is parked', () => {
    const causes = {
      'where an event is missing': {
        cause: 'event 3 came where 2 was due',
        next: (account: ReturnType<typeof createTestAccount>) => {
          account.verified();
          return toOutgoingRecord(account.verified());
        },
      },
      'by a record that cannot be read': {
        cause: 'value is not JSON',
        next: (account: ReturnType<typeof createTestAccount>) =>
          createRecordWithTruncatedValue(account.verified()),
      },
      'by a version that this release does not know': {
        cause: 'unknown version 2 of AccountVerified',
        next: (account: ReturnType<typeof createTestAccount>) =>
          createRecordWithVersion(account.verified(), 2),
      },
    };
    for (const [title, { cause, next }] of Object.entries(causes)) {
      test(`${title}: its later events are held back, other accounts continue`, async (context) => {
        const harness = await openTestHarness(context);
        const [account, other] = [createTestAccount(), createTestAccount()];
        const subscription = await harness.subscribe();
        await harness.publish([account.registered(), next(account), account.revoked(), other.registered()]);
        await waitUntil(() => subscription.effects.length === 4);
        const [parked] = await subscription.listParked();
        assert.deepEqual(
          { account: parked?.account, topic: parked?.topic, after: parked?.after, cause: parked?.cause },
          { account: account.id, topic: 'accounts.events.v1', after: 1, cause },
        );
        assert.deepEqual(subscription.handled, ['UserRegistered 1', 'UserRegistered 1']);
        assert.ok(subscription.effects.includes('SessionsRevoked held back'));
      });
    }

    test('if an event is missing, and resumes by itself once that arrives', async (context) => {
      const harness = await openTestHarness(context);
      const account = createTestAccount();
      const [first, second, third, fourth, fifth] = [
        account.registered(),
        account.verified(),
        account.revoked(),
        account.verified(),
        account.revoked(),
      ];
      const subscription = await harness.subscribe();
      await harness.publish([first, third, fourth]);
      await waitUntil(() => subscription.effects.length === 3);
      assert.equal((await subscription.listParked())[0]?.reason, 'gap');
      await harness.publish([fifth, second, second]);
      await waitUntil(() => subscription.handled.length === 5);
      await waitUntil(async () => (await subscription.lag()) === 0);
      assert.deepEqual(subscription.handled, [
        'UserRegistered 1',
        'AccountVerified 2',
        'SessionsRevoked 3',
        'AccountVerified 4',
        'SessionsRevoked 5',
      ]);
      assert.deepEqual(await subscription.listParked(), []);
    });

    test('if an event is missing, and remains parked if its handler then refuses a later event', async (context) => {
      const harness = await openTestHarness(context);
      const account = createTestAccount();
      const [first, second, third] = [account.registered(), account.verified(), account.revoked()];
      let refuses = true;
      const subscription = await harness.subscribe({
        handlers: {
          SessionsRevoked() {
            if (refuses) throw new ParkError('no such plan');
          },
        },
      });
      await harness.publish([first, third, second]);
      await waitUntil(async () => (await subscription.listParked())[0]?.reason === 'refused');
      const [parked] = await subscription.listParked();
      assert.equal(parked?.cause, 'no such plan');
      refuses = false;
      assert.deepEqual(await subscription.retryParked(account.id), { result: 'unparked', sequence: 3 });
    });

    test('by its handler, and resumes when it is retried after the handler is fixed', async (context) => {
      const harness = await openTestHarness(context);
      const account = createTestAccount();
      let fixed = false;
      const verified: number[] = [];
      const subscription = await harness.subscribe({
        handlers: {
          AccountVerified(_event, { sequence }) {
            if (!fixed) throw new ParkError('no such plan');
            verified.push(sequence);
          },
        },
      });
      await harness.publish([account.registered(), account.verified(), account.verified()]);
      await waitUntil(() => subscription.effects.length === 3);
      assert.deepEqual(await subscription.retryParked(account.id), {
        result: 'still parked',
        sequence: 1,
        cause: 'no such plan',
      });
      fixed = true;
      assert.deepEqual(await subscription.retryParked(account.id), { result: 'unparked', sequence: 3 });
      assert.deepEqual(verified, [2, 3]);
      assert.deepEqual(await subscription.listParked(), []);
    });

    test('never for a record without a usable key, which identifies no account', async (context) => {
      const harness = await openTestHarness(context);
      const subscription = await harness.subscribe();
      await harness.publish([
        { ...toOutgoingRecord(createTestAccount().registered()), key: 'nobody' },
        createTestAccount().registered(),
      ]);
      await waitUntil(() => subscription.effects.length === 2);
      assert.deepEqual(subscription.effects.toSorted(), ['UserRegistered applied', 'unusable unusable']);
    });
  });

  /**
   * Publishes two events of an account. Returns handlers that park the account at the second event until
   * `release` is called.
   */
  async function parkedAtSecond(context: TestContext) {
    const harness = await openTestHarness(context);
    const account = createTestAccount();
    const handled: number[] = [];
    let released = false;
    function note(_event: unknown, { sequence }: EventContext) {
      return void handled.push(sequence);
    }
    const handlers: Handlers = {
      UserRegistered: note,
      SessionsRevoked: note,
      AccountVerified(event, place) {
        if (!released) throw new ParkError('no such plan');
        note(event, place);
      },
    };
    await harness.publish([account.registered(), account.verified()]);
    function release() {
      released = true;
    }
    return { harness, account, handlers, handled, release };
  }

  /**
   * Returns a bus that runs `work` just before `readKey` is called for the second time, and a promise
   * `looked`, which resolves once `work` has ended.
   */
  function atSecondLook(bus: TestHarness['bus'], work: () => Promise<void>) {
    const { promise: looked, resolve } = Promise.withResolvers<void>();
    let looks = 0;
    const waiting: TestHarness['bus'] = {
      ...bus,
      async *readKey(...place) {
        looks += 1;
        if (looks === 2) await work().then(resolve);
        yield* bus.readKey(...place);
      },
    };
    return { bus: waiting, looked };
  }

  describe('a parked account that is tried again', () => {
    test('gets each event once although the consumer resumes it while its records are read', async (context) => {
      const { harness, account, release, handlers, handled } = await parkedAtSecond(context);
      const [third, fourth] = [account.revoked(), account.verified()];
      const { bus } = atSecondLook(harness.bus, async () => {
        await harness.publish([third, fourth]);
        await waitUntil(() => handled.length === 4);
      });
      const subscription = await harness.subscribe({ handlers }, bus);
      await waitUntil(async () => (await subscription.listParked()).length === 1);
      release();
      assert.deepEqual(await subscription.retryParked(account.id), { result: 'unparked', sequence: 4 });
      assert.deepEqual(handled, [1, 2, 3, 4]);
    });

    test('waits for the event that the consumer is handling, and does not deliver it again', async (context) => {
      const { harness, account, release, handlers, handled } = await parkedAtSecond(context);
      const third = account.revoked();
      const [begun, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const { bus, looked } = atSecondLook(harness.bus, async () => {
        await harness.publish([third]);
        await begun.promise;
      });
      const subscription = await harness.subscribe(
        {
          handlers: {
            ...handlers,
            async SessionsRevoked(_event, { sequence }) {
              handled.push(sequence);
              begun.resolve();
              await letGo.promise;
            },
          },
        },
        bus,
      );
      await waitUntil(async () => (await subscription.listParked()).length === 1);
      release();
      const retried = subscription.retryParked(account.id);
      await looked;
      await turn();
      letGo.resolve();
      assert.deepEqual(await retried, { result: 'unparked', sequence: 3 });
      assert.deepEqual(handled, [1, 2, 3]);
    });

    test('is retried only once for concurrent requests', async (context) => {
      const { harness, account, release, handlers, handled } = await parkedAtSecond(context);
      await harness.publish([account.revoked(), account.verified()]);
      const subscription = await harness.subscribe({ handlers });
      await waitUntil(async () => (await subscription.lag()) === 0);
      release();
      const outcomes = await Promise.all([1, 2, 3].map(() => subscription.retryParked(account.id)));
      assert.deepEqual(outcomes, Array(3).fill({ result: 'unparked', sequence: 4 }));
      assert.deepEqual(handled, [1, 2, 3, 4]);
      assert.deepEqual(await subscription.retryParked(account.id), { result: 'not parked', sequence: 4 });
    });

    test('stays parked if a handler rejects, and keeps the position of the handled events', async (context) => {
      const harness = await openTestHarness(context);
      const account = createTestAccount();
      const [first, second, third] = [account.registered(), account.verified(), account.revoked()];
      const store = createDurableTestStore();
      let away = true;
      const subscription = await harness.subscribe({
        store,
        handlers: {
          SessionsRevoked() {
            if (away) throw new Error('away');
          },
        },
      });
      await harness.publish([first, createRecordWithTruncatedValue(second), second, third]);
      await waitUntil(() => subscription.effects.length === 4);
      await assert.rejects(subscription.retryParked(account.id), { name: 'HandlerError' });
      assert.equal((await subscription.listParked()).length, 1);
      assert.equal((await store.load([account.id])).get(account.id)?.sequence, 2);
      away = false;
      assert.deepEqual(await subscription.retryParked(account.id), { result: 'unparked', sequence: 3 });
    });

    test('is left alone if it is not parked', async (context) => {
      const harness = await openTestHarness(context);
      const subscription = await harness.subscribe();
      assert.deepEqual(await subscription.retryParked(createTestAccount().id), {
        result: 'not parked',
        sequence: 0,
      });
    });
  });

  test('a subscription that stops finishes the current event, begins no other, and loses none', async (context) => {
    const harness = await openTestHarness(context);
    const account = createTestAccount();
    const store = createDurableTestStore();
    const [begun, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const handled: number[] = [];
    await harness.publish([account.registered(), account.revoked(), account.revoked()]);
    const slow = await harness.subscribe({
      store,
      handlers: {
        async SessionsRevoked(_event, { sequence }) {
          begun.resolve();
          await finish.promise;
          handled.push(sequence);
        },
      },
    });
    await begun.promise;
    const stopped = slow.stop();
    finish.resolve();
    await stopped;
    assert.deepEqual(handled, [2]);
    const next = await harness.subscribe({ store });
    await waitUntil(() => next.handled.length === 1);
    assert.deepEqual(next.handled, ['SessionsRevoked 3']);
    await waitUntil(async () => (await next.lag()) === 0);
    await waitUntil(() => next.healthy());
  });

  test('a subscription has caught up once it has handled what was there before it, even if events keep coming', async (context) => {
    const harness = await openTestHarness(context);
    const registered = Array.from({ length: 3 }, () => createTestAccount().registered());
    await harness.publish(registered);
    const [handled, go] = [new Set<string>(), Promise.withResolvers<void>()];
    const subscription = await harness.subscribe({
      handlers: {
        async UserRegistered(_event, { account }) {
          await go.promise;
          handled.add(account);
          await harness.publish([createTestAccount().registered()]);
        },
      },
    });
    assert.equal(await subscription.caughtUp(), false);
    go.resolve();
    await waitUntil(() => subscription.caughtUp());
    for (const { subject } of registered) assert.ok(handled.has(subject));
    await subscription.stop();
  });

  describe('a subscription without a store', () => {
    test('delivers every event, even repeated ones and those after a gap, and skips unreadable records', async (context) => {
      const harness = await openTestHarness(context);
      const account = createTestAccount();
      const [first, second, third] = [account.registered(), account.verified(), account.revoked()];
      const { handled, effects, ...subscription } = await harness.subscribe({ store: 'none' });
      await harness.publish([first, first, third, createRecordWithTruncatedValue(second), second]);
      await waitUntil(() => handled.length === 4);
      assert.deepEqual(handled, [
        'UserRegistered 1',
        'UserRegistered 1',
        'SessionsRevoked 3',
        'AccountVerified 2',
      ]);
      assert.ok(effects.includes('undecodable unusable'));
      assert.deepEqual(await subscription.listParked(), []);
      assert.deepEqual(await subscription.retryParked(account.id), { result: 'not parked', sequence: 0 });
    });
  });
}
