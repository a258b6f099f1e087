import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { addEndpoint } from './add-endpoint.ts';
import {
  MAX_REDRIVES_PER_ENDPOINT,
  type NewEndpoint,
  pauseEndpoint,
  resumeEndpoint,
  type WebhookEndpoint,
  withChangedEndpointFields,
  withNewSecret,
} from './endpoint.ts';
import { createEventReader } from './log-reader.ts';
import { updateEndpoint } from './ports.ts';
import type { WebhookPostRequest } from './post.ts';
import type { WebhookRequestOutcome } from './progress.ts';
import { type DeliveryRoundReport, runDeliveryRound } from './round.ts';
import {
  findHandledSequences,
  openTestLog,
  parseReceivedEvent,
  type ReceivedEvent,
  TEST_START_TIME,
} from './testing/log.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const delivered: WebhookRequestOutcome = { kind: 'delivered', status: 204 };
const broken: WebhookRequestOutcome = { kind: 'failed', reason: 'answered 500', status: 500 };

async function opened(context: TestContext) {
  const log = await openTestLog();
  context.after(() => log.close());
  const received: ReceivedEvent[] = [];
  let now = TEST_START_TIME.getTime();
  let answer: (
    request: ReceivedEvent,
    post: WebhookPostRequest,
  ) => WebhookRequestOutcome | Promise<WebhookRequestOutcome> = () => delivered;
  function round(id: string): Promise<DeliveryRoundReport> {
    return runDeliveryRound(id, {
      ...log,
      pauseAfterMs: 5 * DAY_MS,
      now: () => new Date(now),
      random: () => 0,
      signal: new AbortController().signal,
      poster: {
        async post(request) {
          const outcome = await answer(parseReceivedEvent(request), request);
          if (outcome.kind === 'delivered') received.push(parseReceivedEvent(request));
          return outcome;
        },
      },
    });
  }
  /** Runs delivery rounds until a round finds nothing to send. @returns the report of the last round */
  async function settle(id: string): Promise<DeliveryRoundReport> {
    for (;;) {
      const report = await round(id);
      if (!report.isBusy) return report;
    }
  }
  async function state(id: string) {
    const endpoint = await log.storage.endpoints.find(id);
    assert.ok(endpoint);
    return endpoint;
  }
  return {
    ...log,
    received,
    settle,
    state,
    answering: (next: typeof answer) => {
      answer = next;
    },
    passes: (ms: number) => {
      now += ms;
    },
  };
}

test('sends each event once, as a CloudEvent', async (context) => {
  const { publish, addEndpoint, settle, received, storage } = await opened(context);
  const { id } = await addEndpoint();
  const [ada, bob] = [randomUUID(), randomUUID()];
  const first = await publish(ada, 1);
  await publish(bob, 1);
  await settle(id);
  await publish(ada, 2);
  await settle(id);
  await settle(id);
  assert.equal(received.length, 3);
  assert.deepEqual(findHandledSequences(received).get(ada), [1, 2]);
  const attempts = await storage.attempts.list(id, { limit: 9 });
  assert.deepEqual(
    attempts.map(({ n, delivered: isDelivered, status }) => [n, isDelivered, status]),
    [
      [2, true, 204],
      [1, true, 204],
      [0, true, 204],
    ],
  );
  assert.ok(attempts.some(({ event, account }) => event === first && account === ada));
});

test('an endpoint from now on gets nothing earlier, and only the types that it asked for', async (context) => {
  const { publish, addEndpoint, settle, received } = await opened(context);
  const recent = await addEndpoint({ since: new Date(TEST_START_TIME.getTime() + 1) });
  const picky = await addEndpoint({ types: ['UserRegistered'] });
  await publish(randomUUID(), 1);
  await publish(randomUUID(), 2, new Date(TEST_START_TIME.getTime() + 1));
  await settle(recent.id);
  assert.deepEqual(
    received.map(({ sequence }) => sequence),
    [2],
  );
  await settle(picky.id);
  assert.equal(received.length, 1);
});

test('an endpoint with an empty list of types gets events of all types', async (context) => {
  const { publish, settle, received, storage, sealer } = await opened(context);
  const fields: NewEndpoint = { name: 'crm', url: 'http://crm/', types: [], person: true, from: 'beginning' };
  const { endpoint } = await addEndpoint(storage.endpoints, fields, {
    allowPrivate: true,
    sealer,
    now: TEST_START_TIME,
  });
  await publish(randomUUID(), 1);
  await settle(endpoint.id);
  assert.equal(received.length, 1);
});

test('an account whose event fails waits, with all later events, and blocks no other account', async (context) => {
  const { publish, addEndpoint, settle, answering, passes, received, state } = await opened(context);
  const { id } = await addEndpoint();
  const [ada, bob] = [randomUUID(), randomUUID()];
  answering(({ account }) => (account === ada ? broken : delivered));
  for (const sequence of [1, 2, 3]) {
    await publish(ada, sequence);
    await publish(bob, sequence);
    await settle(id);
  }
  assert.deepEqual(findHandledSequences(received).get(bob), [1, 2, 3]);
  assert.equal((await state(id)).delivery.waiting.length, 1);
  answering(() => delivered);
  await settle(id);
  assert.equal(findHandledSequences(received).has(ada), false);
  passes(MINUTE_MS);
  await settle(id);
  assert.deepEqual(findHandledSequences(received).get(ada), [1, 2, 3]);
  assert.deepEqual((await state(id)).delivery.waiting, []);
  assert.equal((await state(id)).delivery.failing, undefined);
});

test('an endpoint that is down gets one event at a time, and all events once it is back', async (context) => {
  const { publish, addEndpoint, settle, answering, passes, received, state } = await opened(context);
  const { id } = await addEndpoint();
  const accounts = Array.from({ length: 30 }, () => randomUUID());
  for (const account of accounts) await publish(account, 1);
  let asked = 0;
  answering(() => {
    asked += 1;
    return broken;
  });
  await settle(id);
  assert.ok(asked < 15, `${asked} requests`);
  for (const account of accounts) await publish(account, 2);
  const before = asked;
  for (let hour = 0; hour < 5; hour += 1) {
    passes(60 * MINUTE_MS);
    await settle(id);
  }
  assert.equal(asked - before, 5);
  assert.deepEqual(received, []);
  answering(() => delivered);
  passes(60 * MINUTE_MS);
  await settle(id);
  for (const account of accounts) assert.deepEqual(findHandledSequences(received).get(account), [1, 2]);
  assert.equal(received.length, 60);
  assert.equal((await state(id)).delivery.failing, undefined);
});

test('an endpoint that refuses every fourth event once is not down, and gets them a second later', async (context) => {
  const { publish, addEndpoint, settle, answering, passes, received, state } = await opened(context);
  const { id } = await addEndpoint();
  const accounts = Array.from({ length: 40 }, () => randomUUID());
  for (const account of accounts) await publish(account, 1);
  let asked = 0;
  answering(() => {
    asked += 1;
    return asked <= accounts.length && asked % 4 === 2 ? broken : delivered;
  });
  await settle(id);
  assert.equal(received.length, 30);
  // The last attempt of the round succeeded, so the endpoint is not failing.
  assert.equal((await state(id)).delivery.failing, undefined);
  for (const account of accounts) await publish(account, 2);
  passes(1000);
  await settle(id);
  for (const account of accounts) assert.deepEqual(findHandledSequences(received).get(account), [1, 2]);
});

test('failures count as in a row across rounds, from the last delivery on', async (context) => {
  const { publish, addEndpoint, settle, answering, state } = await opened(context);
  const { id } = await addEndpoint();
  async function failuresAfter(...outcomes: readonly WebhookRequestOutcome[]): Promise<number | undefined> {
    for (const _ of outcomes) await publish(randomUUID(), 1);
    const next = [...outcomes];
    answering(() => next.shift() ?? delivered);
    await settle(id);
    return (await state(id)).delivery.failing?.count;
  }
  assert.equal(await failuresAfter(broken, delivered, broken), 1);
  assert.equal(await failuresAfter(broken), 2);
  assert.equal(await failuresAfter(delivered), undefined);
});

test('an endpoint that fails for days is paused, loses nothing, and continues when it is resumed', async (context) => {
  const { publish, addEndpoint, settle, answering, passes, received, state, storage } = await opened(context);
  const { id } = await addEndpoint();
  const ada = randomUUID();
  await publish(ada, 1);
  answering(() => broken);
  await settle(id);
  passes(5 * DAY_MS - 1);
  await settle(id);
  assert.equal((await state(id)).paused, undefined);
  passes(DAY_MS);
  await settle(id);
  const stored = await state(id);
  assert.equal(stored.paused?.by, 'failures');
  assert.match(stored.paused?.reason ?? '', /^has failed since 2026-01-01.*answered 500$/);
  await publish(ada, 2);
  answering(() => delivered);
  passes(DAY_MS);
  await settle(id);
  assert.deepEqual(received, []);
  await updateEndpoint(storage.endpoints, id, (endpoint) => resumeEndpoint(endpoint, TEST_START_TIME));
  await settle(id);
  assert.deepEqual(findHandledSequences(received).get(ada), [1, 2]);
});

test('an endpoint that says it is gone is paused at once', async (context) => {
  const { publish, addEndpoint, settle, answering, state } = await opened(context);
  const { id } = await addEndpoint();
  await publish(randomUUID(), 1);
  answering(() => ({ kind: 'gone', status: 410 }));
  await settle(id);
  assert.match((await state(id)).paused?.reason ?? '', /410/);
});

test('a receiver may ask for a longer pause', async (context) => {
  const { publish, addEndpoint, settle, answering, passes, received } = await opened(context);
  const { id } = await addEndpoint();
  await publish(randomUUID(), 1);
  answering(() => ({ ...broken, retryAfter: '3600' }));
  await settle(id);
  answering(() => delivered);
  passes(59 * MINUTE_MS);
  await settle(id);
  assert.equal(received.length, 0);
  passes(MINUTE_MS);
  await settle(id);
  assert.equal(received.length, 1);
});

test('events are sent again by id and by time range, in order, before anything new', async (context) => {
  const { publish, addEndpoint, settle, received, redrive } = await opened(context);
  const { id } = await addEndpoint();
  const ada = randomUUID();
  const times = [0, 1, 2, 3].map((hour) => new Date(TEST_START_TIME.getTime() + hour * 60 * MINUTE_MS));
  const ids: string[] = [];
  for (const [index, time] of times.entries()) ids.push(await publish(ada, index + 1, time));
  await settle(id);
  received.length = 0;
  await redrive(id, { since: times[1] ?? TEST_START_TIME, until: times[3] ?? TEST_START_TIME });
  await publish(ada, 5, times[3]);
  await settle(id);
  assert.deepEqual(
    received.map(({ sequence }) => sequence),
    [2, 3, 5],
  );
  received.length = 0;
  await redrive(id, { event: ids[3] ?? '' });
  await redrive(id, { event: ids[0] ?? '' });
  await settle(id);
  assert.deepEqual(
    received.map(({ sequence }) => sequence),
    [1, 4],
  );
});

test('a redrive does not skip the events that an account waits for', async (context) => {
  const { publish, addEndpoint, settle, answering, passes, received, redrive } = await opened(context);
  const { id } = await addEndpoint();
  const ada = randomUUID();
  const first = await publish(ada, 1);
  await settle(id);
  answering(() => broken);
  await publish(ada, 2);
  await settle(id);
  answering(({ sequence }) => (sequence === 1 ? delivered : broken));
  await redrive(id, { event: first });
  await settle(id);
  answering(() => delivered);
  passes(DAY_MS);
  await settle(id);
  assert.deepEqual(
    received.map(({ sequence }) => sequence),
    [1, 1, 2],
  );
});

test('nothing is sent to an endpoint that an operator has paused', async (context) => {
  const { publish, addEndpoint, settle, received, storage, state } = await opened(context);
  const { id } = await addEndpoint();
  await updateEndpoint(storage.endpoints, id, (endpoint) => pauseEndpoint(endpoint, TEST_START_TIME));
  await publish(randomUUID(), 1);
  await settle(id);
  assert.deepEqual(received, []);
  assert.equal((await state(id)).paused?.by, 'operator');
});

test('an endpoint that is removed during a request leaves no attempts behind', async (context) => {
  const { publish, addEndpoint, settle, answering, received, storage } = await opened(context);
  const { id } = await addEndpoint();
  await publish(randomUUID(), 1);
  answering(async () => {
    await storage.endpoints.remove(id);
    return delivered;
  });
  await settle(id);
  assert.equal(received.length, 1);
  assert.deepEqual(await storage.attempts.list(id, { limit: 9 }), []);
});

test('more events of one account than a round sends arrive in order', async (context) => {
  const { publish, addEndpoint, settle, answering, passes, received } = await opened(context);
  const { id } = await addEndpoint();
  const ada = randomUUID();
  answering(() => broken);
  for (let sequence = 1; sequence <= 120; sequence += 1) await publish(ada, sequence);
  await settle(id);
  answering(() => delivered);
  passes(DAY_MS);
  await settle(id);
  assert.deepEqual(
    findHandledSequences(received).get(ada),
    Array.from({ length: 120 }, (_, index) => index + 1),
  );
});

test('a process that was too slow does not undo what another has stored meanwhile', async (context) => {
  const { publish, addEndpoint, settle, answering, passes, received, state } = await opened(context);
  const { id } = await addEndpoint();
  const ada = randomUUID();
  await publish(ada, 1);
  const slow = Promise.withResolvers<WebhookRequestOutcome>();
  const asked = Promise.withResolvers<void>();
  answering(() => {
    asked.resolve();
    return slow.promise;
  });
  const late = settle(id);
  await asked.promise;
  answering(() => broken);
  await settle(id);
  const { delivery } = await state(id);
  slow.resolve(delivered);
  await late;
  assert.deepEqual((await state(id)).delivery, delivery);
  answering(() => delivered);
  passes(MINUTE_MS);
  await settle(id);
  assert.deepEqual(
    received.map(({ sequence }) => sequence),
    [1, 1],
  );
});

test('unsent events are reported by account, whether the account waits or its events were not read yet', async (context) => {
  const { publish, addEndpoint, settle, answering, reader, state } = await opened(context);
  const { id } = await addEndpoint();
  const [ada, bob, carl, dora] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  assert.equal((await reader.findUnsent((await state(id)).delivery)).size, 0);
  answering(({ account, sequence }) => (account === ada && sequence > 1 ? broken : delivered));
  for (const account of [ada, bob, dora]) for (const sequence of [1, 2, 3]) await publish(account, sequence);
  await settle(id);
  for (const sequence of [4, 5]) await publish(bob, sequence);
  await publish(carl, 1);
  await publish(ada, 4);
  assert.deepEqual(
    await reader.findUnsent((await state(id)).delivery),
    new Map([
      [ada, 2],
      [bob, 4],
      [carl, 1],
    ]),
  );
});

test('the number of redrives in progress is limited, and more are accepted once they are complete', async (context) => {
  const { publish, addEndpoint, settle, redrive, received } = await opened(context);
  const { id } = await addEndpoint();
  const event = await publish(randomUUID(), 1);
  await settle(id);
  for (let many = 0; many < MAX_REDRIVES_PER_ENDPOINT; many += 1) await redrive(id, { event });
  await assert.rejects(redrive(id, { event }), { name: 'EndpointRefusedError', reason: 'later' });
  await settle(id);
  assert.equal(received.length, 2);
  await redrive(id, { event });
});

test('a moved endpoint that has read nothing yet refuses a redrive, which would skip what was sent before', async (context) => {
  const { publish, addEndpoint, settle, redrive, received } = await opened(context);
  const { id } = await addEndpoint({ delivery: { round: 0, waiting: [], attempts: 0, moved: true } });
  const event = await publish(randomUUID(), 1);
  await assert.rejects(redrive(id, { event }), { name: 'EndpointRefusedError', reason: 'later' });
  await settle(id);
  await redrive(id, { event });
  await settle(id);
  assert.equal(received.length, 2);
});

const changes: Readonly<Record<string, (endpoint: WebhookEndpoint) => WebhookEndpoint>> = {
  'is paused': (endpoint) => pauseEndpoint(endpoint, TEST_START_TIME),
  'has another URL': (endpoint) =>
    withChangedEndpointFields(endpoint, { url: 'http://elsewhere/' }, TEST_START_TIME),
  'has a new secret': (endpoint) =>
    withNewSecret(endpoint, {
      sealed: endpoint.secrets[0]?.secret ?? '',
      now: TEST_START_TIME,
      until: TEST_START_TIME,
    }),
};
for (const [name, change] of Object.entries(changes))
  test(`once an endpoint ${name}, the round in progress sends nothing more`, async (context) => {
    const { publish, addEndpoint, settle, answering, received, state, storage } = await opened(context);
    const { id } = await addEndpoint();
    for (let many = 0; many < 30; many += 1) await publish(randomUUID(), 1);
    let before = 0;
    let changing: Promise<unknown> | undefined;
    let roundInProgress: AbortSignal | undefined;
    answering(async (_, { url, signal }) => {
      roundInProgress ??= signal;
      if (signal !== roundInProgress) return delivered;
      assert.equal(url, 'http://crm/');
      before += 1;
      changing ??= updateEndpoint(storage.endpoints, id, change);
      await changing;
      if (!signal.aborted) await once(signal, 'abort');
      return broken;
    });
    await settle(id);
    assert.equal(before, 8);
    assert.equal(received.length, (await state(id)).paused === undefined ? 30 : 0);
  });

test('an endpoint that is resumed during a request is no longer down', async (context) => {
  const { publish, addEndpoint, settle, answering, passes, state, storage } = await opened(context);
  const { id } = await addEndpoint();
  for (let many = 0; many < 10; many += 1) await publish(randomUUID(), 1);
  answering(() => broken);
  await settle(id);
  passes(60 * MINUTE_MS);
  let asked = 0;
  answering(async () => {
    asked += 1;
    if (asked === 1)
      await updateEndpoint(storage.endpoints, id, (endpoint) => resumeEndpoint(endpoint, TEST_START_TIME));
    return asked === 1 ? broken : delivered;
  });
  await settle(id);
  passes(MINUTE_MS);
  await settle(id);
  assert.equal(asked, 11);
  assert.deepEqual((await state(id)).delivery.waiting, []);
});

test('an event that fails when it is sent again does not make others be sent again', async (context) => {
  const { publish, addEndpoint, settle, answering, passes, received, redrive, state } = await opened(context);
  const { id } = await addEndpoint();
  const ada = randomUUID();
  const ids: string[] = [];
  for (let sequence = 1; sequence <= 6; sequence += 1) ids.push(await publish(ada, sequence));
  await settle(id);
  received.length = 0;
  answering(({ sequence }) => (sequence === 3 ? broken : delivered));
  await redrive(id, { event: ids[2] ?? '' });
  await redrive(id, { event: ids[4] ?? '' });
  await settle(id);
  await publish(ada, 7);
  await settle(id);
  assert.deepEqual(received, []);
  // The account still waits for a retry of earlier events. The event of the redrive must be sent in addition
  // to them.
  await redrive(id, { event: ids[5] ?? '' });
  await settle(id);
  answering(() => delivered);
  passes(DAY_MS);
  await settle(id);
  assert.deepEqual(
    received.map(({ sequence }) => sequence),
    [3, 5, 6, 7],
  );
  assert.deepEqual((await state(id)).delivery.waiting, []);
});

test('an account that fails while it waits and is sent events again gets each that it waits for', async (context) => {
  const { publish, addEndpoint, settle, answering, passes, received, redrive } = await opened(context);
  const { id } = await addEndpoint();
  const ada = randomUUID();
  const ids: string[] = [];
  for (let sequence = 1; sequence <= 4; sequence += 1) ids.push(await publish(ada, sequence));
  answering(({ sequence }) => (sequence < 3 ? delivered : broken));
  await settle(id);
  answering(() => broken);
  await redrive(id, { event: ids[0] ?? '' });
  await settle(id);
  received.length = 0;
  answering(() => delivered);
  passes(DAY_MS);
  await settle(id);
  assert.deepEqual(
    received.map(({ sequence }) => sequence),
    [1, 3, 4],
  );
});

test('an endpoint that skips events refuses a redrive until it has reached the end of the log', async (context) => {
  const { publish, addEndpoint, settle, redrive, received } = await opened(context);
  const { id } = await addEndpoint({ since: new Date(TEST_START_TIME.getTime() + 1) });
  const event = await publish(randomUUID(), 1);
  await assert.rejects(redrive(id, { event }), { name: 'EndpointRefusedError', reason: 'later' });
  await settle(id);
  assert.deepEqual(received, []);
  await redrive(id, { event });
  await settle(id);
  assert.equal(received.length, 1);
});

test('an endpoint from now on gets the events of a clock that is behind by as much as clocks may differ', async (context) => {
  const { publish, settle, received, storage, sealer } = await opened(context);
  const fields: NewEndpoint = { name: 'crm', url: 'http://crm/', person: true, from: 'now' };
  const { endpoint } = await addEndpoint(storage.endpoints, fields, {
    allowPrivate: true,
    sealer,
    now: TEST_START_TIME,
  });
  await publish(randomUUID(), 1, new Date(TEST_START_TIME.getTime() - 30_000));
  await publish(randomUUID(), 2, new Date(TEST_START_TIME.getTime() - 30_001));
  await settle(endpoint.id);
  assert.deepEqual(
    received.map(({ sequence }) => sequence),
    [1],
  );
});

test('pages without events for an endpoint are read in one round', async (context) => {
  const { publish, addEndpoint, settle, state } = await opened(context);
  const { id } = await addEndpoint({ since: new Date(TEST_START_TIME.getTime() + 1) });
  const ada = randomUUID();
  for (let sequence = 1; sequence <= 250; sequence += 1) await publish(ada, sequence);
  await settle(id);
  assert.equal((await state(id)).delivery.round, 1);
});

test('the retry of an event that fails reads that event alone', async (context) => {
  const { publish, addEndpoint, settle, answering, passes, bus, reader } = await opened(context);
  const { id } = await addEndpoint();
  const ada = randomUUID();
  for (let sequence = 1; sequence <= 50; sequence += 1) await publish(ada, sequence);
  answering(() => broken);
  await settle(id);
  passes(MINUTE_MS);
  let read = 0;
  const counting = createEventReader(bus, async (records) => {
    read += records.length;
    return records;
  });
  Object.assign(reader, counting);
  await settle(id);
  assert.equal(read, 1);
});

test('a redrive that is requested while an event of another one is sent adds to what its account gets', async (context) => {
  const { publish, addEndpoint, settle, answering, passes, received, redrive } = await opened(context);
  const { id } = await addEndpoint();
  const ada = randomUUID();
  const ids: string[] = [];
  for (let sequence = 1; sequence <= 4; sequence += 1) ids.push(await publish(ada, sequence));
  await settle(id);
  received.length = 0;
  let isRequested = false;
  answering(async () => {
    if (!isRequested) await redrive(id, { event: ids[3] ?? '' });
    isRequested = true;
    return broken;
  });
  await redrive(id, { event: ids[1] ?? '' });
  await settle(id);
  answering(() => delivered);
  passes(DAY_MS);
  await settle(id);
  assert.deepEqual(
    received.map(({ sequence }) => sequence),
    [2, 4],
  );
});
