import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import {
  type ClientScope,
  generateClientId,
  generateClientKey,
  hashClientKey,
  openServiceClients,
} from '@latchkey/clients';
import { acceptAllRecords, testEventKeySource } from '@latchkey/consumer/testing/signed';
import { ACCOUNTS_TOPIC, encode, type LatchkeyEvent } from '@latchkey/events';
import { createHttpServerPart } from '@latchkey/http';
import { createMetricsRegistry, readConfig } from '@latchkey/process';
import { captureLog } from '@latchkey/process/testing';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { compose, topicsOfUserService } from './compose.ts';
import { userSettingsSchema } from './config.ts';
import type { UserView } from './http/schemas.ts';
import { openUserOps } from './ops.ts';
import type { SequenceWaitLimits } from './projection/sequence-waiter.ts';
import { adaPersonalData, createTestHistory, type TestHistory } from './testing/history.ts';
import { signTestToken, TEST_ISSUER, testTokenKeys } from './testing/tokens.ts';

/** The fields of the response bodies of all routes. A test reads only the fields that its response has. */
interface Body extends UserView {
  readonly code: string;
  readonly errors: readonly { readonly pointer: string }[];
  readonly users: readonly UserView[];
  readonly nextCursor: string | null;
  readonly paths: object;
}

const WEBHOOK_SECRET_KEY = Buffer.alloc(32, 7).toString('base64url');

/** A timeout that is long enough for the projection to catch up, even on a busy machine. */
const PATIENT: Partial<SequenceWaitLimits> = { timeoutMs: 120_000 };
/**
 * A short timeout for tests that expect refusals. All other requests in these tests succeed without waiting.
 */
const IMPATIENT: Partial<SequenceWaitLimits> = { timeoutMs: 50 };

/** Starts the user service on its own data folder, with a real HTTP server. Stops the service after the test. */
async function startService(context: TestContext, waits = PATIENT) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-user-'));
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database });
  await bus.ensureTopics(topicsOfUserService);
  const registry = createMetricsRegistry();
  const log = captureLog('info');
  const { logger } = log;
  const settings = { PUBLIC_URL: TEST_ISSUER, EVENT_SIGNATURES: 'warn', WEBHOOK_SECRET_KEY };
  const service = compose(readConfig(userSettingsSchema, settings), {
    backend: { store: createSqliteStore(database), bus },
    logger,
    registry,
    keys: testTokenKeys,
    eventKeys: testEventKeySource,
    waits,
  });
  const server = createHttpServerPart({
    name: 'http',
    host: '127.0.0.1',
    port: 0,
    routes: service.routes,
    logger,
    registry,
    trustedProxies: [],
    corsOrigins: [],
    undeclared: 'fail',
  });
  await service.start();
  await server.start();
  context.after(async () => {
    await server.stop();
    await service.stop();
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true });
  });

  function publish(...events: readonly LatchkeyEvent[]) {
    return bus.publish(
      ACCOUNTS_TOPIC,
      events.map((event) => encode(event)),
    );
  }
  /** Resolves once the service has read all published events. */
  async function projected(): Promise<void> {
    for (;;) {
      const { read, records } = await bus.progressOf('user', [ACCOUNTS_TOPIC]);
      if (read === records) return;
      await nextTurn();
    }
  }
  async function get(path: string, token?: string, headers: Record<string, string> = {}) {
    const response = await fetch(`http://127.0.0.1:${server.port()}/api/v1${path}`, {
      headers: { ...headers, ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) },
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  }
  async function send(method: string, path: string, token: string, json?: object) {
    const response = await fetch(`http://127.0.0.1:${server.port()}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(json !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    return { status: response.status, text, body: text === '' ? undefined : JSON.parse(text) };
  }
  /**
   * Requests `/users/me` with a token that was issued at sequence `seq`, so that the service waits for that sequence.
   */
  function me(account: TestHistory, seq: number, headers?: Record<string, string>) {
    return get('/users/me', signTestToken(account.id, seq), headers);
  }
  const { clients } = openServiceClients(createSqliteStore(database));
  async function addClient(
    ...scopes: readonly ClientScope[]
  ): Promise<{ readonly id: string; readonly key: string }> {
    const id = generateClientId();
    const key = generateClientKey(id);
    const since = new Date();
    const keys = [{ hash: hashClientKey(key), since }];
    await clients.add({ id, name: 'test', scopes, person: true, createdAt: since, keys });
    return { id, key };
  }
  const ops = openUserOps(createSqliteStore(database));
  return { log, service, registry, bus, ops, publish, projected, get, send, me, clients, addClient };
}

function admin(name = 'grace') {
  const history = createTestHistory(name);
  const events = [
    history.registered(),
    history.verified(),
    history.add('RoleChanged', {
      role: 'admin',
      previousRole: 'user',
      changedBy: 'ops',
      locale: 'en',
      person: adaPersonalData,
    }),
  ];
  return { history, events, token: signTestToken(history.id, 3) };
}

test('shows an account to itself as its events have made it', async (context) => {
  const { publish, me } = await startService(context);
  const account = createTestHistory('ada');
  await publish(account.registered({ ...adaPersonalData, firstName: 'Ada' }));
  const before = await me(account, 1);
  assert.equal(before.status, 200);
  assert.deepEqual(before.body, {
    id: account.id,
    email: 'ada@example.com',
    username: 'ada',
    firstName: 'Ada',
    lastName: null,
    role: 'user',
    isVerified: false,
    disabled: false,
    locale: 'en',
    createdAt: '2026-03-01T12:00:01.000Z',
    updatedAt: '2026-03-01T12:00:01.000Z',
    passwordChangedAt: null,
    version: 1,
  });
  await publish(account.verified());
  const after = await me(account, 1, { 'Account-Sequence': `${account.id}:2` });
  assert.equal(after.body.isVerified, true);
  assert.equal(after.body.version, 2);
});

test('a caller who is ahead of the projection waits for it', async (context) => {
  const { publish, me } = await startService(context);
  const account = createTestHistory('ada');
  const answer = me(account, 1);
  await publish(account.registered());
  assert.equal((await answer).status, 200);
});

test('a caller who names a future sequence gets 503 with Retry-After', async (context) => {
  const { publish, projected, me } = await startService(context, IMPATIENT);
  const account = createTestHistory('ada');
  await publish(account.registered());
  await projected();
  assert.equal((await me(account, 1)).status, 200);
  const late = await me(account, 1, { 'Account-Sequence': `${account.id}:7` });
  assert.equal(late.status, 503);
  assert.equal(late.body.code, 'unavailable');
  assert.match(late.headers.get('retry-after') ?? '', /^\d+$/);
});

test('a malformed Account-Sequence is refused, one about another account is ignored', async (context) => {
  const { publish, me } = await startService(context);
  const account = createTestHistory('ada');
  await publish(account.registered());
  for (const header of [
    'x',
    `${account.id}`,
    `${account.id}:`,
    `${account.id}:-1`,
    'ada:1',
    `${account.id}:1.5`,
  ]) {
    const answer = await me(account, 1, { 'Account-Sequence': header });
    assert.equal(answer.status, 400, header);
    assert.equal(answer.body.errors[0]?.pointer, '#/header/Account-Sequence');
  }
  const about = await me(account, 1, { 'Account-Sequence': `${createTestHistory('bob').id}:9` });
  assert.equal(about.status, 200);
});

test('an admin waits for the account that the header names', async (context) => {
  const { publish, projected, get } = await startService(context, IMPATIENT);
  const boss = admin();
  const other = createTestHistory('bob');
  await publish(...boss.events, other.registered());
  await projected();
  function seen(n: number) {
    return { 'Account-Sequence': `${other.id}:${n}` };
  }
  assert.equal((await get(`/users/${other.id}`, boss.token, seen(1))).body.version, 1);
  assert.equal((await get(`/users/${other.id}`, boss.token, seen(2))).status, 503);
});

test('an admin who has changed a parked account gets 503 for requests about that account, and for no others', async (context) => {
  const { publish, projected, get } = await startService(context, IMPATIENT);
  const boss = admin();
  const other = createTestHistory('bob');
  const [first, , third] = [other.registered(), other.verified(), other.verified()];
  await publish(...boss.events, first, third);
  await projected();

  const seen = { 'Account-Sequence': `${other.id}:9` };
  assert.equal((await get('/users', boss.token, seen)).status, 200);
  assert.equal((await get('/users/me', boss.token, seen)).status, 200);
  assert.equal((await get(`/users/${boss.history.id}`, boss.token, seen)).status, 200);
  const refused = await get(`/users/${other.id}`, boss.token, seen);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '30']);
});

test('an admin sees which accounts are disabled', async (context) => {
  const { publish, get } = await startService(context);
  const boss = admin();
  const other = createTestHistory('bob');
  const changedBy = { changedBy: 'ops', person: null };
  await publish(...boss.events, other.registered(), other.add('AccountDisabled', changedBy));
  async function isDisabled(sequence: number) {
    const seen = { 'Account-Sequence': `${other.id}:${sequence}` };
    return (await get(`/users/${other.id}`, boss.token, seen)).body.disabled;
  }
  assert.equal(await isDisabled(2), true);
  await publish(other.add('AccountEnabled', changedBy));
  assert.equal(await isDisabled(3), false);
});

test('a token issued before the last SessionsRevoked is refused immediately, a newer one is accepted', async (context) => {
  const { publish, me } = await startService(context);
  const account = createTestHistory('ada');
  await publish(account.registered());
  assert.equal((await me(account, 1)).status, 200);
  await publish(account.add('SessionsRevoked', { reason: 'logout-all' }));
  assert.equal((await me(account, 2)).status, 200);
  const dead = await me(account, 1);
  assert.equal(dead.status, 401);
  assert.match(dead.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
});

test('tokens of disabled and ended accounts are dead; an enabled one lives again', async (context) => {
  const { publish, me } = await startService(context);
  const account = createTestHistory('ada');
  await publish(account.registered(), account.add('AccountDisabled', { changedBy: 'ops', person: null }));
  assert.equal((await me(account, 2)).status, 401);
  await publish(account.add('AccountEnabled', { changedBy: 'ops', person: null }));
  assert.equal((await me(account, 3)).status, 200);
  await publish(account.add('RegistrationEnded', { reason: 'expired' }));
  assert.equal((await me(account, 4)).status, 401);
});

test('a gap parks only its account, which resumes by itself', async (context) => {
  const { publish, me, service, registry, ops, bus } = await startService(context);
  const account = createTestHistory('ada');
  const other = createTestHistory('bob');
  const [first, missing, third] = [account.registered(), account.verified(), account.verified()];
  await publish(first, third, other.registered());
  assert.equal((await me(other, 1)).status, 200);
  const parked = await me(account, 2);
  assert.equal(parked.status, 503);
  assert.notEqual(parked.headers.get('retry-after'), null);
  assert.equal((await me(account, 1)).status, 503);
  assert.equal((await ops.listParked({ limit: 9 }))[0]?.account, account.id);
  assert.match(await registry.metrics(), /latchkey_user_parked_accounts 1/);
  assert.ok(
    (await service.health()).some(({ name, state }) => name === 'projection' && state === 'degraded'),
  );

  assert.equal(
    (
      await ops.retryParked(account.id, {
        log: bus,
        authenticate: acceptAllRecords,
        lastDecided: async () => 3,
      })
    ).result,
    'still parked',
  );
  await publish(missing);
  while ((await ops.listParked({ limit: 9 })).length > 0) await nextTurn();
  assert.equal((await me(account, 3)).body.version, 3);
  assert.deepEqual(await ops.listParked({ limit: 9 }), []);
  await publish(account.verified());
  assert.equal((await me(account, 4)).body.version, 4);
});

test('a record without a usable key becomes a dead letter and blocks no account', {
  timeout: 120_000,
}, async (context) => {
  const { publish, me, bus } = await startService(context);
  const account = createTestHistory('ada');
  const { value, headers } = encode(account.registered());
  await bus.publish(ACCOUNTS_TOPIC, [{ key: 'nobody', value, headers }]);
  const other = createTestHistory('bob');
  await publish(other.registered());
  assert.equal((await me(other, 1)).status, 200);
  function setAside() {
    return bus.topics().find(({ name }) => name === `${ACCOUNTS_TOPIC}.dlq.user`)?.records;
  }
  while (setAside() !== 1) await nextTurn();
});

test('only a verified admin sees others', async (context) => {
  const { publish, get } = await startService(context);
  const boss = admin();
  const account = createTestHistory('bob');
  const gone = createTestHistory('gone');
  await publish(...boss.events, account.registered(), gone.registered());
  await publish(gone.add('RegistrationEnded', { reason: 'rejected' }));
  const bob = signTestToken(account.id, 1);
  async function code(path: string, token?: string) {
    return (await get(path, token)).body.code;
  }

  assert.equal(await code('/users'), 'unauthenticated');
  assert.equal(await code('/users', bob), 'account_not_verified');
  assert.equal(await code(`/users/${boss.history.id}`, bob), 'account_not_verified');
  assert.equal((await get(`/users/${account.id.toUpperCase()}`, bob)).body.id, account.id);

  await publish(account.verified());
  const verifiedBob = signTestToken(account.id, 2);
  assert.equal(await code('/users', verifiedBob), 'insufficient_permission');
  assert.equal(await code(`/users/${boss.history.id}`, verifiedBob), 'insufficient_permission');

  assert.equal((await get(`/users/${account.id}`, boss.token)).body.email, 'bob@example.com');
  const after = { 'Account-Sequence': `${gone.id}:2` };
  assert.equal((await get(`/users/${gone.id}`, boss.token, after)).status, 404);
  assert.equal(await code(`/users/${createTestHistory('nobody').id}`, boss.token), 'not_found');
  assert.equal(await code('/users/not-an-id', boss.token), 'validation_failed');
});

test('an admin reads the list page by page', async (context) => {
  const { publish, get } = await startService(context);
  const boss = admin('zoe');
  const others = ['a_b', 'axb', 'bob', 'carol'].map((name) => createTestHistory(name));
  await publish(...boss.events, ...others.map((other) => other.registered()));
  for (const other of others) {
    await get('/users/me', boss.token, { 'Account-Sequence': `${other.id}:1` });
  }
  const seen: (string | null)[] = [];
  let next = '/users?limit=2';
  for (let pages = 1; ; pages += 1) {
    const { body } = await get(next, boss.token);
    seen.push(...body.users.map(({ username }) => username));
    if (body.nextCursor === null) {
      assert.equal(pages, 3);
      break;
    }
    next = `/users?limit=2&cursor=${body.nextCursor}`;
  }
  assert.deepEqual(seen.toSorted(), ['a_b', 'axb', 'bob', 'carol', 'zoe']);

  async function names(query: string) {
    return (await get(`/users?${query}`, boss.token)).body.users.map(({ username }) => username);
  }
  assert.deepEqual(await names('q=A_'), ['a_b']);
  assert.deepEqual(await names('q=%25'), []);
  assert.deepEqual(await names('role=admin'), ['zoe']);
  assert.deepEqual(await names('verified=true'), ['zoe']);
  assert.equal((await names('verified=false')).length, 4);

  const forged = Buffer.from('["2026-01-01T00:00:00.000Z","x"]').toString('base64url');
  for (const query of [
    'limit=0',
    'limit=101',
    'limit=x',
    'cursor=x',
    `cursor=${forged}`,
    'role=root',
    'verified=1',
    'q=',
  ]) {
    assert.equal((await get(`/users?${query}`, boss.token)).body.code, 'validation_failed', query);
  }
});

test('serves its OpenAPI document', async (context) => {
  const { get } = await startService(context);
  const { status, body } = await get('/users/openapi.json');
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body.paths), [
    '/api/v1/users/me',
    '/api/v1/users',
    '/api/v1/users/{id}',
    '/api/v1/events',
    '/api/v1/events/receipts',
    '/api/v1/webhooks',
    '/api/v1/webhooks/{id}',
    '/api/v1/webhooks/{id}/pause',
    '/api/v1/webhooks/{id}/resume',
    '/api/v1/webhooks/{id}/rotate-secret',
    '/api/v1/webhooks/{id}/attempts',
    '/api/v1/webhooks/{id}/redrive',
    '/api/v1/webhooks/{id}/redrive-event',
  ]);
});

test('each change is visible to the caller who waits for it, as soon as it is appended', async (context) => {
  const { publish, me } = await startService(context);
  const account = createTestHistory('ada');
  await publish(account.registered());
  for (let sequence = 2; sequence <= 21; sequence += 1) {
    await publish(account.add('ProfileChanged', { person: { firstName: `Ada ${sequence}` } }));
    const { body } = await me(account, sequence);
    assert.equal(body.firstName, `Ada ${sequence}`);
  }
});

test('shows the events to clients with the scope `events`, until their key is revoked, and to nobody else', async (context) => {
  const { publish, get, clients, addClient } = await startService(context);
  const account = createTestHistory('ada');
  await publish(account.registered());
  const reader = await addClient('events');
  const other = await addClient('introspect');
  const { status, body } = await get('/events', reader.key);
  assert.equal(status, 200);
  assert.ok(Array.isArray(body));
  assert.partialDeepStrictEqual(body[0], { type: 'UserRegistered', subject: account.id });
  for (const key of [undefined, 'nonsense', other.key, signTestToken(account.id, 1)])
    assert.equal((await get('/events', key)).status, 401);
  await clients.remove(reader.id);
  assert.equal((await get('/events', reader.key)).status, 401);
});

test('an admin adds, changes, pauses, resumes, rotates, redrives and deletes webhooks', async (context) => {
  const { publish, send } = await startService(context);
  const boss = admin();
  await publish(...boss.events);
  function asAdmin(method: string, path: string, json?: object) {
    return send(method, `/webhooks${path}`, boss.token, json);
  }
  const crm = {
    name: 'crm',
    url: 'https://crm.invalid/hooks',
    types: ['UserRegistered', 'UserRegistered'],
  };
  const added = await asAdmin('POST', '', { ...crm, from: 'beginning' });
  assert.equal(added.status, 201);
  assert.match(added.body.secret, /^whsec_/);
  const { id } = added.body.webhook;
  const shown = { ...crm, id, types: ['UserRegistered'], person: false, state: 'active', paused: null };
  assert.partialDeepStrictEqual(added.body.webhook, shown);
  const all = await asAdmin('GET', '');
  assert.partialDeepStrictEqual(all.body.webhooks, [shown]);

  const changed = await asAdmin('PATCH', `/${id}`, { name: 'sales', types: [], person: true });
  assert.partialDeepStrictEqual(changed.body.webhook, {
    name: 'sales',
    url: crm.url,
    types: [],
    person: true,
  });
  assert.equal((await asAdmin('POST', `/${id}/pause`)).body.webhook.state, 'paused');
  assert.equal((await asAdmin('GET', `/${id}`)).body.webhook.paused.by, 'operator');
  assert.equal((await asAdmin('POST', `/${id}/resume`)).body.webhook.state, 'active');
  const rotated = await asAdmin('POST', `/${id}/rotate-secret`);
  assert.match(rotated.body.secret, /^whsec_/);
  assert.notEqual(rotated.body.secret, added.body.secret);
  for (const path of ['', `/${id}`, `/${id}/attempts`])
    assert.doesNotMatch((await asAdmin('GET', path)).text, /whsec_/, path);
  assert.deepEqual((await asAdmin('GET', `/${id}/attempts`)).body, { attempts: [], nextCursor: null });
  assert.equal((await asAdmin('POST', `/${id}/redrive`, { since: '2026-01-01T00:00:00.000Z' })).status, 202);
  assert.equal((await asAdmin('POST', `/${id}/redrive-event`, { event: boss.history.id })).status, 202);
  for (let valid = 2; valid < 5; valid += 1)
    assert.equal((await asAdmin('POST', `/${id}/rotate-secret`)).status, 200);
  assert.equal((await asAdmin('POST', `/${id}/rotate-secret`)).body.code, 'conflict');
  assert.equal((await asAdmin('POST', `/${id}/rotate-secret`, { overlapHours: 0 })).status, 200);

  assert.equal((await asAdmin('DELETE', `/${id}`)).status, 204);
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/pause'],
    ['POST', '/resume'],
    ['POST', '/rotate-secret'],
    ['GET', '/attempts'],
  ] as const)
    assert.equal((await asAdmin(method, `/${id}${path}`)).status, 404, path);
});

test('changes of webhooks by an admin are logged with both ids', async (context) => {
  const { publish, send, log } = await startService(context);
  const boss = admin();
  await publish(...boss.events);
  const { body } = await send('POST', '/webhooks', boss.token, {
    name: 'crm',
    url: 'https://crm.invalid/hook-secret',
    from: 'beginning',
  });
  const { id } = body.webhook;
  await send('PATCH', `/webhooks/${id}`, boss.token, { person: true });
  await send('POST', `/webhooks/${id}/pause`, boss.token);
  await send('POST', `/webhooks/${id}/resume`, boss.token);
  await send('POST', `/webhooks/${id}/rotate-secret`, boss.token);
  await send('POST', `/webhooks/${id}/redrive`, boss.token, { since: '2026-01-01T00:00:00.000Z' });
  await send('DELETE', `/webhooks/${id}`, boss.token);
  const lines = log.lines().filter(({ endpoint, admin: by }) => endpoint === id && by === boss.history.id);
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['added', 'changed', 'paused', 'resumed', 'given another secret', 'redriven', 'deleted'].map(
      (what) => `a webhook was ${what}`,
    ),
  );
  assert.deepEqual(
    lines.slice(0, 2).map(({ origin, person }) => [origin, person]),
    [
      ['https://crm.invalid', false],
      ['https://crm.invalid', true],
    ],
  );
  assert.doesNotMatch(log.text(), /whsec_|hook-secret/);
});

test('refusals by a policy and actions of admins are logged with the account and the route', async (context) => {
  const { publish, send, get, log } = await startService(context);
  const [boss, person] = [admin(), createTestHistory('ada')];
  const token = signTestToken(person.id, 2);
  await publish(...boss.events, person.registered(), person.verified());
  const url = 'https://127.0.0.1/';
  assert.equal((await send('POST', '/webhooks', token, { name: 'crm', url })).status, 403);
  assert.equal((await get(`/users/${boss.history.id}`, token)).status, 403);
  assert.equal((await get(`/users/${person.id}`, token)).status, 200);
  assert.equal((await send('POST', '/webhooks', boss.token, { name: 'crm', url })).status, 400);
  assert.equal((await get('/users', boss.token)).status, 200);
  assert.equal((await get(`/users/${boss.history.id}`, boss.token)).status, 200);
  assert.equal((await get(`/users/${person.id}`, boss.token)).status, 200);
  function logged(name: string) {
    return log.lines().filter(({ msg }) => msg === name);
  }
  const reason = 'insufficient_permission';
  assert.deepEqual(
    logged('AccessDenied').map((line) => [line['actor'], line['action'], line['reason']]),
    [
      [person.id, 'POST /api/v1/webhooks', reason],
      [person.id, 'GET /api/v1/users/:id', reason],
    ],
  );
  assert.deepEqual(
    logged('AdminAction').map((line) => [line['actor'], line['action'], line['about'], line['outcome']]),
    [
      [boss.history.id, 'POST /api/v1/webhooks', undefined, 'validation_failed'],
      [boss.history.id, 'GET /api/v1/users', undefined, 'ok'],
      [boss.history.id, 'GET /api/v1/users/:id', person.id, 'ok'],
    ],
  );
  assert.ok(logged('AdminAction').every(({ requestId }) => typeof requestId === 'string'));
});

test('a webhook that may not be called is refused, and so is one too many', async (context) => {
  const { publish, send } = await startService(context);
  const boss = admin();
  await publish(...boss.events);
  function asAdmin(method: string, path: string, json: object) {
    return send(method, `/webhooks${path}`, boss.token, json);
  }
  const { body } = await asAdmin('POST', '', { name: 'crm', url: 'https://crm.invalid/' });
  const { id } = body.webhook;
  for (const url of ['http://crm.invalid/', 'https://127.0.0.1/', 'https://a:b@crm.invalid/', 'crm']) {
    const refused = [
      await asAdmin('POST', '', { name: 'x', url }),
      await asAdmin('PATCH', `/${id}`, { url }),
    ];
    for (const { status, body: problem } of refused)
      assert.deepEqual([status, problem.errors[0].pointer], [400, '#/url'], url);
  }
  const since = '2026-01-02T00:00:00.000Z';
  const range = await asAdmin('POST', `/${id}/redrive`, { since, until: '2026-01-01T00:00:00.000Z' });
  assert.deepEqual([range.status, range.body.errors[0].pointer], [400, '#/until']);
  for (let many = 1; many < 50; many += 1)
    assert.equal((await asAdmin('POST', '', { name: `n${many}`, url: 'https://crm.invalid/' })).status, 201);
  const last = await asAdmin('POST', '', { name: 'last', url: 'https://crm.invalid/' });
  assert.deepEqual([last.status, last.body.code], [409, 'conflict']);
});
