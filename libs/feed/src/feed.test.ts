import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Bus, OutgoingRecord } from '@latchkey/bus';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { ACCOUNTS_TOPIC, accountsTopic, encode, heartbeatKey } from '@latchkey/events';
import { createHttpServerPart, type RequestContext } from '@latchkey/http';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import { openDatabase } from '@latchkey/sqlite';
import { createFeed, type FeedReader } from './feed.ts';
import { feedQueryParameters } from './query.ts';
import { createFeedRoutes } from './routes.ts';
import { respondWithFeedStream } from './stream.ts';

const person = { email: 'ada@example.com', username: 'ada' };

function recordOf(userId: string, sequence: number, headers: OutgoingRecord['headers'] = {}): OutgoingRecord {
  const record = encode({
    id: randomUUID(),
    subject: userId,
    sequence,
    time: '2026-01-01T00:00:00.000Z',
    correlationId: 'request-1',
    causationId: 'command-1',
    ...(sequence === 1
      ? { type: 'UserRegistered', data: { userId, role: 'user', locale: 'en', person } }
      : { type: 'SessionsRevoked', data: { userId, reason: 'logout-all' } }),
  });
  return { key: record.key, value: record.value, headers: { ...record.headers, ...headers } };
}

async function openLog(context: TestContext): Promise<Bus> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-feed-'));
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database });
  context.after(async () => {
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true });
  });
  await bus.ensureTopics([accountsTopic]);
  return bus;
}

interface CloudEvent {
  readonly type: string;
  readonly subject: string;
  readonly sequence: string;
  readonly partitionkey?: string;
  readonly feedpartition: number;
  readonly feedoffset: number;
  readonly data?: { readonly person?: unknown };
  readonly data_base64?: string;
}

interface Page {
  readonly status: number;
  readonly events: readonly CloudEvent[];
  readonly cursor: string;
  readonly behind: number;
}

async function serve(
  context: TestContext,
  bus: Pick<Bus, 'tail'>,
  reader: Partial<FeedReader> = {},
  beforeAuthorised: (request: RequestContext) => Promise<void> = async () => undefined,
) {
  let mayRead = true;
  const part = createHttpServerPart({
    name: 'feed',
    host: '127.0.0.1',
    port: 0,
    routes: createFeedRoutes({
      feed: createFeed(bus, async (records) => records),
      path: '/events',
      policy: {
        who: 'the test',
        bearer: true,
        problems: [],
        async authorise(request) {
          await beforeAuthorised(request);
          if (!mayRead) throw new Error('revoked');
          return { id: 'test', name: 'test', person: true, ...reader };
        },
      },
    }),
    logger: createLogger({ name: 'test', level: 'silent' }),
    registry: createMetricsRegistry(),
    trustedProxies: [],
    corsOrigins: [],
    undeclared: 'fail',
  });
  await part.start();
  context.after(() => part.stop());
  const url = `http://127.0.0.1:${part.port()}/events`;
  async function get(query: Readonly<Record<string, string>> = {}): Promise<Page> {
    const answer = await fetch(`${url}?${new URLSearchParams(query)}`);
    const isPage = answer.headers.get('content-type')?.startsWith('application/cloudevents-batch+json');
    const body = (await answer.json()) as Page['events'];
    return {
      status: answer.status,
      events: isPage ? body : [],
      cursor: answer.headers.get('feed-cursor') ?? '',
      behind: Number(answer.headers.get('feed-behind')),
    };
  }
  return {
    url,
    get,
    stop: () => part.stop(),
    revoke() {
      mayRead = false;
    },
    /** Reads page after page until the end of the feed. */
    async all(query: Readonly<Record<string, string>> = {}) {
      const found: CloudEvent[] = [];
      let page = await get(query);
      for (found.push(...page.events); page.behind > 0; found.push(...page.events))
        page = await get({ ...query, after: page.cursor });
      return { events: found, cursor: page.cursor };
    },
  };
}

function sequencesOf(events: readonly CloudEvent[], account: string): readonly number[] {
  return events.filter(({ subject }) => subject === account).map(({ sequence }) => Number(sequence));
}

/** Reads a stream of server-sent events until a condition holds, and then closes it. */
async function readStream(
  url: string,
  until: (text: string) => boolean,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers } });
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.ok(response.body);
  let text = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (until(text)) break;
  }
  return text;
}

function idOf(text: string): string {
  return /^id: (\S+)$/m.exec(text)?.[1] ?? '';
}

describe('the feed', () => {
  test('has every event from the first one on, page by page, in order per account', async (context) => {
    const bus = await openLog(context);
    const accounts = Array.from({ length: 30 }, () => randomUUID());
    for (const sequence of [1, 2, 3, 4])
      await bus.publish(
        ACCOUNTS_TOPIC,
        accounts.map((account) => recordOf(account, sequence)),
      );
    const feed = await serve(context, bus);
    for (const limit of ['1', '7', '1000']) {
      const { events } = await feed.all({ limit });
      assert.equal(events.length, 120);
      for (const account of accounts) assert.deepEqual(sequencesOf(events, account), [1, 2, 3, 4]);
    }
  });

  test('has CloudEvents with every attribute of the record, those that it does not know included', async (context) => {
    const bus = await openLog(context);
    const account = randomUUID();
    const record = recordOf(account, 1, { ce_hash: 'abc', ce_signature: 'def', other: 'no attribute' });
    await bus.publish(ACCOUNTS_TOPIC, [record]);
    const { events } = await (await serve(context, bus)).get();
    const { feedpartition, feedoffset, ...event } = events[0] ?? assert.fail();
    assert.deepEqual([typeof feedpartition, feedoffset], ['number', 0]);
    assert.deepEqual(event, {
      specversion: '1.0',
      id: record.headers['ce_id'],
      type: 'UserRegistered',
      source: '/latchkey/auth',
      subject: account,
      time: '2026-01-01T00:00:00.000Z',
      dataschema: 'urn:latchkey:event:UserRegistered:1',
      sequence: '0000000001',
      correlationid: 'request-1',
      causationid: 'command-1',
      datacontenttype: 'application/json',
      hash: 'abc',
      signature: 'def',
      data: { userId: account, role: 'user', locale: 'en', person },
    });
  });

  test('continues after a restart, and on another process', async (context) => {
    const bus = await openLog(context);
    const [ada, bob] = [randomUUID(), randomUUID()];
    await bus.publish(ACCOUNTS_TOPIC, [recordOf(ada, 1), recordOf(bob, 1)]);
    const { cursor } = await (await serve(context, bus)).all();
    await bus.publish(ACCOUNTS_TOPIC, [recordOf(ada, 2)]);
    const { events } = await (await serve(context, bus)).get({ after: cursor });
    assert.deepEqual(
      events.map(({ subject, sequence }) => [subject, Number(sequence)]),
      [[ada, 2]],
    );
  });

  test('starts over on another log, and on one that was created again: nothing is missed', async (context) => {
    const [bus, moved] = [await openLog(context), await openLog(context)];
    const [ada, eve] = [randomUUID(), randomUUID()];
    await bus.publish(ACCOUNTS_TOPIC, [recordOf(ada, 1), recordOf(ada, 2)]);
    await moved.publish(ACCOUNTS_TOPIC, [
      recordOf(eve, 1),
      recordOf(ada, 1),
      recordOf(ada, 2),
      recordOf(ada, 3),
    ]);
    const { cursor } = await (await serve(context, bus)).all();
    const elsewhere: Pick<Bus, 'tail'> = {
      tail: async (topic) => ({ ...(await moved.tail(topic)), id: 'kafka/another' }),
    };
    const after = await (await serve(context, elsewhere)).all({ after: cursor });
    assert.deepEqual(sequencesOf(after.events, ada), [1, 2, 3]);
    assert.deepEqual(sequencesOf(after.events, eve), [1]);
    const again = await (await serve(context, moved)).all({ after: cursor });
    assert.deepEqual(sequencesOf(again.events, ada), [1, 2, 3]);
    assert.deepEqual(sequencesOf(again.events, eve), [1]);
  });

  test('starts over on a log that was restored and has grown to the same length', async (context) => {
    const [bus, restored] = [await openLog(context), await openLog(context)];
    const ada = randomUUID();
    const first = recordOf(ada, 1);
    await bus.publish(ACCOUNTS_TOPIC, [first, recordOf(ada, 2)]);
    await restored.publish(ACCOUNTS_TOPIC, [first, recordOf(ada, 2)]);
    const { cursor } = await (await serve(context, bus)).all();
    const feed = await serve(context, restored);
    assert.deepEqual(sequencesOf((await feed.all({ after: cursor })).events, ada), [1, 2]);
    const { cursor: now } = await feed.all();
    assert.deepEqual((await feed.all({ after: now })).events, []);
  });

  test('shows the requested types, and only one account if that is requested', async (context) => {
    const bus = await openLog(context);
    const [ada, bob] = [randomUUID(), randomUUID()];
    await bus.publish(ACCOUNTS_TOPIC, [recordOf(ada, 1), recordOf(bob, 1), recordOf(ada, 2)]);
    const feed = await serve(context, bus);
    const revoked = await feed.all({ types: 'SessionsRevoked' });
    assert.deepEqual(
      revoked.events.map(({ type }) => type),
      ['SessionsRevoked'],
    );
    const ofAda = await feed.all({ account: ada });
    assert.deepEqual(sequencesOf(ofAda.events, ada), [1, 2]);
    assert.equal(ofAda.events.length, 2);
    const [placeholder] = (await feed.all({ account: ada, types: 'SessionsRevoked', placeholders: 'true' }))
      .events;
    assert.partialDeepStrictEqual(placeholder, { type: 'Other', sequence: '0000000001', subject: ada });
    assert.equal(placeholder?.data, undefined);
  });

  test('shows a key nothing that it may not see', async (context) => {
    const bus = await openLog(context);
    const account = randomUUID();
    await bus.publish(ACCOUNTS_TOPIC, [recordOf(account, 1), recordOf(account, 2)]);
    const withoutPerson = await (await serve(context, bus, { person: false })).get();
    assert.deepEqual(
      withoutPerson.events.map(({ data }) => data?.person),
      [null, undefined],
    );
    const limited = await serve(context, bus, { types: ['SessionsRevoked'] });
    assert.deepEqual(
      (await limited.all()).events.map(({ type }) => type),
      ['SessionsRevoked'],
    );
    assert.deepEqual(
      (await limited.all({ types: 'SessionsRevoked' })).events.map(({ type }) => type),
      ['SessionsRevoked'],
    );
    const { events } = await limited.all({ placeholders: 'true' });
    assert.deepEqual(
      events.map(({ type }) => type),
      ['Other', 'SessionsRevoked'],
    );
  });

  test('refuses unknown types, unless the client gets placeholders and so misses nothing', async (context) => {
    const bus = await openLog(context);
    const account = randomUUID();
    await bus.publish(ACCOUNTS_TOPIC, [recordOf(account, 1), recordOf(account, 2)]);
    const { url, get } = await serve(context, bus);
    // MailBounced is the type of an event on another topic. The feed refuses a request for this type, because
    // the feed contains only the events of the accounts topic.
    for (const types of [
      'Nope',
      'SessionsRevoked,Nope',
      'sessionsrevoked',
      'SessionsRevoked, RoleChanged',
      'MailBounced',
    ]) {
      const response = await fetch(`${url}?${new URLSearchParams({ types })}`);
      const { errors } = (await response.json()) as { errors: Record<string, string>[] };
      assert.equal(response.status, 400, types);
      assert.deepEqual([errors[0]?.['pointer'], errors[0]?.['code']], ['#/query/types', 'not_allowed']);
      assert.match(
        errors[0]?.['message'] ?? '',
        /^must be types of events, separated by commas: UserRegistered, .*AccountErased$/,
      );
    }
    assert.equal((await get({ types: 'SessionsRevoked,RoleChanged' })).events.length, 1);
    const { events } = await get({ types: 'SessionsRevoked,AddedLater', placeholders: 'true' });
    assert.deepEqual(
      events.map(({ type }) => type),
      ['Other', 'SessionsRevoked'],
    );
  });

  test('refuses types that the key does not allow, and names the key that does', async (context) => {
    const bus = await openLog(context);
    const { url } = await serve(context, bus, {
      name: 'books',
      person: true,
      types: ['SessionsRevoked', 'AccountErased'],
    });
    for (const accept of ['application/cloudevents-batch+json', 'text/event-stream']) {
      const query = new URLSearchParams({ types: 'RoleChanged,SessionsRevoked,AccountDisabled' });
      const refused = await fetch(`${url}?${query}`, { headers: { accept } });
      assert.equal(refused.status, 403);
      const { code, detail } = (await refused.json()) as { readonly code: string; readonly detail: string };
      assert.equal(code, 'insufficient_permission');
      assert.equal(
        detail,
        'The API key does not allow events of these types: RoleChanged, AccountDisabled. Create a key that does: npm run ops -- clients add books --scope events --types SessionsRevoked,AccountErased,RoleChanged,AccountDisabled --person',
      );
    }
  });

  test('shows the salt of personal data only together with the data', async (context) => {
    const bus = await openLog(context);
    const salt = 'the salt of the digest';
    await bus.publish(ACCOUNTS_TOPIC, [
      recordOf(randomUUID(), 1, { ce_personsalt: salt, ce_persondigest: 'x' }),
    ]);
    async function saltFor(reader: Partial<FeedReader>) {
      const [event] = (await (await serve(context, bus, reader)).all()).events;
      assert.partialDeepStrictEqual(event, { persondigest: 'x' });
      return (event as { readonly personsalt?: string }).personsalt;
    }
    assert.equal(await saltFor({ person: true }), salt);
    assert.equal(await saltFor({ person: false }), undefined);
    assert.equal(await saltFor({ person: true, types: ['UserRegistered'] }), salt);
  });

  test('lets no header replace what the feed itself says', async (context) => {
    const bus = await openLog(context);
    const forged = { ce_data: 'x', ce_feedpartition: '99', ce_feedoffset: '99', ce_later: 'kept' };
    await bus.publish(ACCOUNTS_TOPIC, [recordOf(randomUUID(), 1, forged), recordOf(randomUUID(), 2, forged)]);
    const feed = await serve(context, bus);
    const text = await (await fetch(feed.url)).text();
    assert.equal(text.match(/"feedoffset"/g)?.length, 2);
    assert.equal(text.match(/"data"/g)?.length, 2);
    assert.doesNotMatch(text, /"99"/);
    assert.equal(text.match(/"later":"kept"/g)?.length, 2);
  });

  test('passes on what cannot be read, for readers to park the account, but nothing without a key', async (context) => {
    const bus = await openLog(context);
    const account = randomUUID();
    const broken = { ...recordOf(account, 1), value: Buffer.from('{') };
    const [foreign, keyless] = [
      { ...recordOf(account, 2), key: randomUUID() },
      { ...recordOf(account, 3), key: null },
    ];
    await bus.publish(ACCOUNTS_TOPIC, [broken, foreign, keyless]);
    const { events } = await (await serve(context, bus)).all();
    assert.equal(events.length, 2);
    assert.ok(events.some(({ data_base64 }) => data_base64 === Buffer.from('{').toString('base64')));
    assert.ok(events.some(({ partitionkey }) => partitionkey === foreign.key));
    const hidden = await (await serve(context, bus, { person: false })).all();
    assert.ok(hidden.events.every(({ data_base64 }) => data_base64 === undefined));
  });

  test('names the account of a key in both forms, and leaves heartbeats out', async (context) => {
    const bus = await openLog(context);
    const account = randomUUID();
    const empty = { value: null, headers: {} };
    await bus.publish(ACCOUNTS_TOPIC, [
      { ...recordOf(account, 1), key: account },
      { ...recordOf(account, 2), key: `${account}/2` },
      { ...empty, key: `${account}/3` },
      { ...empty, key: heartbeatKey(account) },
    ]);
    const { events } = await (await serve(context, bus)).all({ account });
    assert.deepEqual(
      events.map(({ sequence, partitionkey }) => [sequence, partitionkey]),
      [
        ['0000000001', undefined],
        ['0000000002', undefined],
        [undefined, account],
      ],
    );
  });

  test('refuses a value that is no cursor', async (context) => {
    const feed = await serve(context, await openLog(context));
    for (const after of ['x', Buffer.from('[1]').toString('base64url')])
      assert.equal((await feed.get({ after })).status, 400);
  });

  test('answers 503 while the log cannot be read', async (context) => {
    const feed = await serve(context, {
      tail: async () => {
        throw new Error('away');
      },
    });
    assert.equal((await feed.get()).status, 503);
  });
});

describe('a long poll', () => {
  test('answers as soon as there is an event that it asks for', async (context) => {
    const bus = await openLog(context);
    const feed = await serve(context, bus);
    const account = randomUUID();
    const waiting = feed.get({ wait: '30', types: 'SessionsRevoked' });
    await bus.publish(ACCOUNTS_TOPIC, [recordOf(account, 1), recordOf(account, 2)]);
    assert.deepEqual(sequencesOf((await waiting).events, account), [2]);
  });

  test('answers at once when the server stops', async (context) => {
    const feed = await serve(context, await openLog(context));
    const waiting = feed.get({ wait: '30' });
    await fetch(`${feed.url}?limit=1`);
    await feed.stop();
    assert.deepEqual((await waiting).events, []);
  });

  test('is one of twenty of a client', async (context) => {
    const feed = await serve(context, await openLog(context));
    const gone = new AbortController();
    const open = Array.from({ length: 20 }, () =>
      fetch(feed.url, { headers: { accept: 'text/event-stream' }, signal: gone.signal }),
    );
    await Promise.all(open);
    assert.equal((await feed.get({ wait: '1' })).status, 429);
    assert.equal((await feed.get()).status, 200);
    gone.abort();
    while ((await feed.get({ wait: '1' })).status === 429);
  });

  test('leaves no slot taken if its client has gone before it was authorised', async (context) => {
    const gone = new AbortController();
    const arrived = Promise.withResolvers<void>();
    let waiting = 0;
    const feed = await serve(context, await openLog(context), {}, async (request) => {
      if (gone.signal.aborted) return;
      waiting += 1;
      if (waiting === 20) arrived.resolve();
      await once(request.ending(), 'abort');
      waiting -= 1;
    });
    const requests = Array.from({ length: 20 }, () =>
      fetch(feed.url, { headers: { accept: 'text/event-stream' }, signal: gone.signal }),
    );
    await arrived.promise;
    gone.abort();
    await Promise.allSettled(requests);
    while (waiting > 0) await nextTurn();
    assert.equal((await feed.get({ wait: '1' })).status, 200);
  });
});

describe('server-sent events', () => {
  test('begin with the first event, continue with those that come, and resume after the last one', async (context) => {
    const bus = await openLog(context);
    const feed = await serve(context, bus);
    const account = randomUUID();
    await bus.publish(ACCOUNTS_TOPIC, [recordOf(account, 1)]);
    const both = readStream(feed.url, (text) => text.includes('0000000002'));
    const first = await readStream(feed.url, (text) => idOf(text) !== '');
    assert.match(first, /^data: \{.*"sequence":"0000000001".*\}$/m);
    await bus.publish(ACCOUNTS_TOPIC, [recordOf(account, 2)]);
    await both;
    const resumed = await readStream(feed.url, (text) => idOf(text) !== '', { 'last-event-id': idOf(first) });
    assert.match(resumed, /"sequence":"0000000002"/);
    assert.doesNotMatch(resumed, /"sequence":"0000000001"/);
  });

  test('tell the position if there is no event for the client, which continues after it', async (context) => {
    const bus = await openLog(context);
    const feed = await serve(context, bus);
    const account = randomUUID();
    await bus.publish(ACCOUNTS_TOPIC, [recordOf(account, 1)]);
    const url = `${feed.url}?types=SessionsRevoked`;
    const text = await readStream(url, (read) => idOf(read) !== '');
    assert.doesNotMatch(text, /^data:/m);
    const resumed = await readStream(feed.url, (read) => idOf(read) !== '', { 'last-event-id': idOf(text) });
    assert.doesNotMatch(resumed, /^data:/m);
  });

  test('end when the server stops', async (context) => {
    const feed = await serve(context, await openLog(context));
    const ended = readStream(feed.url, () => false);
    await feed.get();
    await feed.stop();
    assert.match(await ended, /^: connected/);
  });

  test('read a page only when the client has taken the one before', async (context) => {
    const bus = await openLog(context);
    const account = randomUUID();
    const sequences = Array.from({ length: 10 }, (_, n) => n + 1);
    await bus.publish(
      ACCOUNTS_TOPIC,
      sequences.map((sequence) => recordOf(account, sequence)),
    );
    const feed = createFeed(bus, async (records) => records);
    let pages = 0;
    const { stream } = respondWithFeedStream({
      feed: {
        ...feed,
        read(query) {
          pages += 1;
          return feed.read(query);
        },
      },
      query: feedQueryParameters.parse({ limit: '1' }),
      view: { person: true, placeholders: false },
      ending: new AbortController().signal,
      leave: () => undefined,
      stillMay: async () => true,
    });
    const pieces = stream?.pieces[Symbol.asyncIterator]();
    for (const expected of [0, 1, 2, 3]) {
      await pieces?.next();
      assert.equal(pages, expected);
    }
    await pieces?.return?.();
  });
});
