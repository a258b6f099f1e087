import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFixedEventKeySource, createRecordAuthenticator } from '@latchkey/consumer';
import { catalogue, eventTypes } from '../catalogue.ts';
import { decode } from '../codec.ts';
import { HandlerError, ParkError } from './handlers.ts';
import { memoryStore } from './memory-store.ts';
import { createTestEvents } from './test-events.ts';

describe('events for tests', () => {
  test('of every type are valid, in order and signed', async () => {
    const events = createTestEvents();
    const account = events.account();
    const made = eventTypes.map((type) => account.event(type));
    assert.deepEqual(
      made.map(({ event }) => event.sequence),
      eventTypes.map((_, at) => at + 1),
    );
    const authenticate = createRecordAuthenticator({
      keys: createFixedEventKeySource(events.jwks),
      policy: 'require',
      topics: [...new Set(eventTypes.map((type) => catalogue[type].topic))],
    });
    for (const { event, record } of made) {
      const { topic, key, value } = record;
      const headers = Object.fromEntries(
        Object.entries(record.headers).map(([name, text]) => [name, Buffer.from(text)]),
      );
      const raw = { key: Buffer.from(key), value, headers };
      assert.deepEqual(decode(raw), { kind: 'event', event });
      const place = { topic, partition: 0, offset: 0, timestamp: new Date(0) };
      const { records, forged } = await authenticate([{ ...raw, ...place }]);
      assert.deepEqual([records.length, forged], [1, []], event.type);
    }
  });

  test('have the data that a test gives them, and refuse what the schema does', () => {
    const ada = createTestEvents().account();
    const { event } = ada.event('UserRegistered', { locale: 'de', person: null });
    assert.deepEqual([event.data.userId, event.data.locale, event.data.person], [ada.id, 'de', null]);
    assert.throws(() => ada.event('SessionsRevoked', { reason: JSON.parse('"no reason"') }));
  });
});

describe('handlers without a broker', () => {
  test('get each event once and in order: duplicates are skipped, a gap parks the account until it is filled', async () => {
    const events = createTestEvents();
    const ada = events.account();
    const handled: string[] = [];
    const note = ({ type }: { readonly type: string }, { sequence }: { readonly sequence: number }) =>
      void handled.push(`${type} ${sequence}`);
    const subscription = await events.subscribe({
      handlers: { UserRegistered: note, AccountVerified: note },
    });
    const [first, second, third] = [
      ada.event('UserRegistered'),
      ada.event('SessionsRevoked'),
      ada.event('AccountVerified'),
    ];
    assert.deepEqual(await subscription.deliver(first, first, third), ['applied', 'duplicate', 'parked']);
    assert.equal((await subscription.listParked())[0]?.reason, 'gap');
    await subscription.deliver(second);
    assert.deepEqual(handled, ['UserRegistered 1', 'AccountVerified 3']);
    assert.deepEqual(await subscription.listParked(), []);
    await subscription.stop();
  });

  test('get no more events of an account whose history has forked', async () => {
    const events = createTestEvents();
    const ada = events.account();
    const store = memoryStore();
    const heads: (string | undefined)[] = [];
    const subscription = await events.subscribe({
      store,
      handlers: {
        UserRegistered: (_event, { head }) => void heads.push(head),
        AccountVerified: (_event, { head }) => void heads.push(head),
      },
    });
    await subscription.deliver(ada.event('UserRegistered'), ada.event('AccountVerified'));
    assert.equal((await store.load([ada.id])).get(ada.id)?.head, heads[1]);
    assert.match(heads[1] ?? '', /^2:[\w-]{43}$/);

    const restored = events.account(ada.id);
    const [first, second, third] = [
      restored.event('UserRegistered'),
      restored.event('AccountVerified'),
      restored.event('SessionsRevoked'),
    ];
    assert.deepEqual(await subscription.deliver(first, second, third), ['duplicate', 'parked', 'held back']);
    assert.equal((await subscription.listParked())[0]?.reason, 'forked');
    assert.deepEqual(await subscription.retryParked(ada.id), {
      result: 'still parked',
      sequence: 2,
      cause: 'event 2 differs from the event 2 that was applied: the history has forked',
    });
    assert.equal(heads.length, 2);
  });

  test('get no more events of a forked account after a gap was filled, either', async () => {
    const events = createTestEvents();
    const ada = events.account();
    const subscription = await events.subscribe({ handlers: { AccountVerified: () => undefined } });
    const [first, second, third] = [
      ada.event('UserRegistered'),
      ada.event('SessionsRevoked'),
      ada.event('AccountVerified'),
    ];
    await subscription.deliver(first, third, second, second, third);
    assert.deepEqual(await subscription.listParked(), []);
    const restored = events.account(ada.id);
    restored.event('UserRegistered');
    await subscription.deliver(restored.event('SessionsRevoked'), restored.event('AccountVerified'));
    const [parked] = await subscription.listParked();
    assert.deepEqual([parked?.reason, parked?.after], ['forked', 3]);
  });

  test('get nothing that another key has signed', async () => {
    const events = createTestEvents();
    const subscription = await events.subscribe({ handlers: { UserRegistered: () => assert.fail() } });
    const forged = createTestEvents().account().event('UserRegistered');
    assert.deepEqual(await subscription.deliver(forged), ['forged']);
  });

  test('erase what a service has about an account, and get the erasure again if they fail', async () => {
    const events = createTestEvents();
    const [ada, grace] = [events.account(), events.account()];
    const names = new Map<string, string>();
    let isDown = true;
    const subscription = await events.subscribe({
      handlers: {
        UserRegistered: ({ data }, { account }) => void names.set(account, data.person?.username ?? ''),
      },
      erased(account, { sequence }) {
        if (isDown) throw new Error('the database is down');
        assert.equal(sequence, 2);
        names.delete(account);
      },
    });
    await subscription.deliver(ada.event('UserRegistered'), grace.event('UserRegistered'));
    const erasure = ada.event('AccountErased');
    await assert.rejects(subscription.deliver(erasure), HandlerError);
    isDown = false;
    assert.deepEqual(await subscription.deliver(erasure, erasure), ['applied', 'duplicate']);
    assert.deepEqual([...names.keys()], [grace.id]);
  });

  test('may fail, and get the event again; or refuse it, and park the account', async () => {
    const events = createTestEvents();
    const ada = events.account();
    const store = { ...memoryStore(), forgetful: false };
    let isDown = true;
    const subscription = await events.subscribe({
      store,
      handlers: {
        UserRegistered() {
          if (isDown) throw new Error('the mail server is down');
        },
        AccountVerified() {
          throw new ParkError('no such customer');
        },
      },
    });
    const first = ada.event('UserRegistered');
    await assert.rejects(subscription.deliver(first), HandlerError);
    isDown = false;
    assert.deepEqual(await subscription.deliver(first), ['applied']);
    assert.deepEqual(await subscription.deliver(ada.event('AccountVerified')), ['parked']);
    assert.equal((await subscription.listParked())[0]?.cause, 'no such customer');
  });
});
