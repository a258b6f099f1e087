/**
 * Tests the audit trail. The audit trail must record who tried what, but no secrets. Operators and the owner
 * of an account must be able to read it. ASVS means OWASP ASVS 5.0, V16: Security Logging and Error Handling.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ApiResponse, assertProblem, assertStatus, type Client, createClient } from './client.ts';
import { eventually } from './eventually.ts';
import { createMailbox } from './mailbox.ts';
import {
  createAdmin,
  createPersonActions,
  createUniquePerson,
  type Person,
  type PersonActions,
  type Tokens,
} from './people.ts';
import { CHEAP_HASH_SETTINGS } from './programs.ts';
import type { Settings, System } from './system.ts';

const FAILURES = 3;
const HOME = '192.0.2.77';
const CLIENT = { 'x-forwarded-for': HOME, 'user-agent': 'Ada/1.0' };
const PERSON = { ipPrefix: '192.0.2.0/24', userAgent: 'Ada/1.0' };

export const AUDIT_SETTINGS: Settings = {
  LIMIT_LOGIN_FAILURES_PER_ADDRESS: String(FAILURES),
  TRUSTED_PROXIES: '127.0.0.1/32,::1/128',
  ROLE_SCOPES: 'admin=books:read+books:write',
  NOTICES_OFF: 'locked-out',
};

/**
 * Returns `(set)` for each of the given settings. The audit trail must show that a secret setting is set, but
 * not its value.
 */
function setOf(...names: readonly string[]): Settings {
  return Object.fromEntries(names.map((name) => [name, '(set)']));
}

function assertSettings(actual: Settings, expected: Settings): void {
  const shown = Object.keys(expected).map((name) => [name, actual[name]]);
  assert.deepEqual(Object.fromEntries(shown), expected);
}

/**
 * Returns the settings that the services of a cluster have logged at their start, by the name of the service.
 */
function loggedSettings(output: string): Readonly<Partial<Record<string, Settings>>> {
  const lines = output
    .split('\n')
    .filter((line) => line.includes('"msg":"settings"'))
    .map((line) => JSON.parse(line) as { readonly name: string; readonly settings: readonly string[] });
  return Object.fromEntries(
    lines.map(({ name, settings }) => [
      name,
      Object.fromEntries(settings.map((line) => line.split(/=(.*)/s))),
    ]),
  );
}

interface AuditEvent {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly requestId: string;
  readonly actor: string;
  readonly [field: string]: unknown;
}

interface Entry {
  readonly type: string;
  readonly sequence?: number;
}

/**
 * Defines the tests of the audit trail.
 * @param start starts a system with the settings of this suite
 */
export function defineAuditTests(title: string, start: () => Promise<System>): void {
  describe(title, () => {
    let system: System;
    let client: Client;
    let people: PersonActions;

    before(async () => {
      system = await start();
      client = createClient(system.url);
      people = createPersonActions(client, createMailbox(system.mailbox));
    });

    after(() => system?.stop());

    async function search(...words: readonly string[]): Promise<readonly AuditEvent[]> {
      const out = await system.ops('audit', 'search', '--limit', '1000', '--json', ...words);
      return out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    }

    /** Waits until the audit trail contains at least `many` events of a type. Events are written in the background. */
    function found(many: number, type: string, ...words: readonly string[]): Promise<readonly AuditEvent[]> {
      return eventually(`${many} ${type}`, async () => {
        const events = await search('--type', type, ...words);
        return events.length >= many && events;
      });
    }

    function login({ email, password }: Pick<Person, 'email' | 'password'>): Promise<ApiResponse> {
      return client.post('/auth/login', { json: { email, password }, headers: CLIENT });
    }

    async function fail(email: string): Promise<ApiResponse> {
      const reply = await login({ email, password: 'wrong horse battery' });
      assertProblem(reply, 401, 'invalid_credentials');
      return reply;
    }

    async function someone(): Promise<Person & Tokens> {
      const person = await people.verified(createUniquePerson());
      const { json } = assertStatus(await login(person), 200);
      return { ...person, id: json.user.id, accessToken: json.accessToken, refreshToken: json.refreshToken };
    }

    function requestIdOf(reply: ApiResponse): string | null {
      return reply.headers.get('x-request-id');
    }

    /**
     * Returns all entries of the sign-in and event history that an account can read about itself, requested page by
     * page.
     */
    async function historyOf(token: string, limit: number): Promise<readonly Entry[]> {
      const entries: Entry[] = [];
      for (let cursor = ''; ; ) {
        const path = `/auth/history?limit=${limit}${cursor}`;
        const { json } = assertStatus(await client.get(path, { token }), 200);
        assert.ok(json.events.length <= limit);
        entries.push(...json.events);
        if (json.nextCursor === null) return entries;
        cursor = `&cursor=${json.nextCursor}`;
      }
    }

    describe('a sign-in', () => {
      test('is recorded with time, place, account and action (ASVS 16.2.1, 16.3.1)', async () => {
        const ada = await people.verified(createUniquePerson());
        const reply = assertStatus(await login(ada), 200);
        const { id } = reply.json.user;
        const [event] = await found(1, 'LoginSucceeded', '--account', id);
        assert.ok(event);
        const { time, id: _, sessionId, ...fields } = event;
        assert.deepEqual(fields, {
          type: 'LoginSucceeded',
          requestId: requestIdOf(reply),
          actor: id,
          accountId: id,
          person: PERSON,
        });
        assert.match(String(sessionId), /^[\da-f-]{36}$/);
        assert.ok(Math.abs(Date.parse(time) - Date.now()) < 3_600_000);
        assert.match(time, /Z$/);
      });

      test('that fails is recorded, with the account if there is one (ASVS 16.3.1)', async () => {
        const ada = await someone();
        const reply = await fail(ada.email);
        const nobody = await fail('nobody.at.all@example.com');
        const [event] = await found(1, 'LoginFailed', '--account', ada.id);
        assert.equal(event?.requestId, requestIdOf(reply));
        assert.deepEqual([event?.['reason'], event?.actor], ['password', 'unknown']);
        const [stranger] = await eventually('the failure of nobody', async () => {
          const events = await search('--type', 'LoginFailed');
          const ofNobody = events.filter(({ requestId }) => requestId === requestIdOf(nobody));
          return ofNobody.length > 0 && ofNobody;
        });
        assert.equal(stranger?.['accountId'], undefined);
      });

      test('that is refused after too many failures is recorded once, not each time (ASVS 16.3.1, 6.3.1)', async () => {
        const ada = await people.verified(createUniquePerson());
        const { id } = await people.login(ada);
        const away = { 'x-forwarded-for': '198.51.100.7' };
        const json = { email: ada.email, password: 'wrong horse battery' };
        const codes = [];
        for (let n = 0; n < FAILURES + 4; n += 1)
          codes.push((await client.post('/auth/login', { json, headers: away })).status);
        assert.deepEqual(codes.slice(FAILURES), [429, 429, 429, 429]);
        const locked = await found(1, 'LoginLocked', '--account', id);
        assert.equal(locked[0]?.['limit'], 'address');
        // On a cluster, two processes of auth may each record the lockout once.
        assert.ok(locked.length <= 2);
        assert.equal((await found(FAILURES, 'LoginFailed', '--account', id)).length, FAILURES);
      });

      test('with a refresh token that is sent again is recorded (ASVS 16.3.3)', async () => {
        const ada = await someone();
        const json = { refreshToken: ada.refreshToken };
        const away = { ...CLIENT, 'x-forwarded-for': '203.0.113.9' };
        assertStatus(await client.post('/auth/refresh', { json, headers: CLIENT }), 200);
        const repeat = await client.post('/auth/refresh', { json, headers: away });
        assertStatus(repeat, 200);
        const [event] = await found(1, 'RefreshTokenRepeated', '--account', ada.id);
        assert.equal(event?.requestId, requestIdOf(repeat));
        assert.equal(event?.['network'], 'other');
        assert.deepEqual(event?.['person'], { ...PERSON, ipPrefix: '203.0.113.0/24' });
      });

      test('of a thief with an old refresh token is recorded (ASVS 16.3.3)', async () => {
        const ada = await someone();
        let { refreshToken } = ada;
        for (let n = 0; n < 2; n += 1) {
          const reply = await client.post('/auth/refresh', { json: { refreshToken }, headers: CLIENT });
          refreshToken = assertStatus(reply, 200).json.refreshToken;
        }
        const json = { refreshToken: ada.refreshToken };
        const headers = { 'user-agent': 'Mallory/1.0', 'x-forwarded-for': '203.0.113.9' };
        const theft = await client.post('/auth/refresh', { json, headers });
        assertProblem(theft, 401, 'refresh_token_invalid');
        const [event] = await found(1, 'RefreshTokenReused', '--account', ada.id);
        assert.equal(event?.requestId, requestIdOf(theft));
        assert.equal(event?.['ended'], 'all');
        assert.deepEqual(event?.['person'], { ipPrefix: '203.0.113.0/24', userAgent: 'Mallory/1.0' });
      });
    });

    test('the end of a single session is written once, with how it was ended (ASVS 16.2.1, 7.4.1)', async () => {
      const ada = await someone();
      const second = assertStatus(await login(ada), 200).json;
      const third = assertStatus(await login(ada), 200).json;
      const logout = { json: { refreshToken: second.refreshToken }, headers: CLIENT };
      assertStatus(await client.post('/auth/logout', logout), 204);
      assertStatus(await client.post('/auth/logout', logout), 204);
      const { json } = assertStatus(await client.get('/auth/sessions', { token: third.accessToken }), 200);
      const first = json.sessions.at(-1).id;
      const asThird = { token: third.accessToken, headers: CLIENT };
      assertStatus(await client.delete(`/auth/sessions/${first}`, asThird), 204);
      assertStatus(await client.delete(`/auth/sessions/${first}`, asThird), 404);
      assertStatus(await client.post('/auth/logout', { json: { refreshToken: third.refreshToken } }), 204);
      const logins = await found(3, 'LoginSucceeded', '--account', ada.id);
      const [, ofSecond, ofThird] = logins.map(({ sessionId }) => sessionId);
      const events = await found(3, 'SessionEnded', '--account', ada.id);
      assert.deepEqual(
        events.map(({ sessionId, by, actor }) => [sessionId, by, actor]),
        [
          [ofSecond, 'logout', ada.id],
          [first, 'list', ada.id],
          [ofThird, 'logout', ada.id],
        ],
      );
      assert.deepEqual(events[1]?.['person'], PERSON);
    });

    test('a refusal by a policy is recorded once per account, route and reason (ASVS 16.3.2)', async () => {
      const ada = await someone();
      const path = `/auth/accounts/${ada.id}/role`;
      const ask = { token: ada.accessToken, json: { role: 'admin' } };
      for (let n = 0; n < 5; n += 1)
        assertProblem(await client.put(path, ask), 403, 'insufficient_permission');
      const events = await found(1, 'AccessDenied', '--account', ada.id);
      assert.ok(events.length <= 2);
      const [event] = events;
      assert.deepEqual(
        [event?.actor, event?.['action'], event?.['reason']],
        [ada.id, 'PUT /api/v1/auth/accounts/:id/role', 'insufficient_permission'],
      );
    });

    test('an action of an admin is recorded with the admin, the account and the outcome (ASVS 16.3.3)', async () => {
      const [admin, ada] = [await createAdmin(system, people), await someone()];
      const { accessToken: token } = admin;
      const disabled = await client.post(`/auth/accounts/${ada.id}/disable`, { token, json: {} });
      assertStatus(disabled, 200);
      const own = await client.post(`/auth/accounts/${admin.id}/disable`, { token, json: {} });
      assertProblem(own, 409, 'own_account');
      assertStatus(await client.get(`/auth/accounts/${ada.id}/history`, { token }), 200);

      const about = await found(2, 'AdminAction', '--account', ada.id);
      assert.deepEqual(
        about.map(({ action, outcome, actor }) => [action, outcome, actor]),
        [
          ['POST /api/v1/auth/accounts/:id/disable', 'ok', admin.id],
          ['GET /api/v1/auth/accounts/:id/history', 'ok', admin.id],
        ],
      );
      assert.equal(about[0]?.requestId, requestIdOf(disabled));
      const byOps = await found(2, 'AdminAction', '--account', admin.id);
      assert.deepEqual(
        byOps.map(({ action, outcome, actor }) => [action, outcome, actor]),
        [
          ['ops role', 'ok', 'ops'],
          ['POST /api/v1/auth/accounts/:id/disable', 'own_account', admin.id],
        ],
      );
    });

    test('a process records its settings when it starts, but no secret (ASVS 16.3.3, 13.3.1)', async () => {
      const [event] = await found(1, 'ProcessStarted');
      const ofAuth = event?.['settings'] as Readonly<Record<string, string>>;
      assertSettings(ofAuth, {
        LIMIT_LOGIN_FAILURES_PER_ADDRESS: String(FAILURES),
        AUDIT_IP: 'prefix',
        TRUSTED_PROXIES: '127.0.0.1/32,::1/128',
        ...CHEAP_HASH_SETTINGS,
        ROLE_SCOPES: 'admin=books:read books:write',
        REFRESH_COOKIE_SAMESITE: 'strict',
        ...setOf('SIGNING_KEYS', 'PASSWORD_SALT_KEY', 'REFRESH_KEY', 'SEALING_PUBLIC_KEY'),
      });
      const { user = ofAuth, notifier = ofAuth } = loggedSettings(system.output());
      assertSettings(user, {
        TRUSTED_PROXIES: '127.0.0.1/32,::1/128',
        WEBHOOKS_ALLOW_PRIVATE: 'false',
        EVENT_SIGNATURES: 'require',
        ...setOf('WEBHOOK_SECRET_KEY'),
      });
      assertSettings(notifier, { NOTICES_OFF: 'locked-out', ...setOf('SEALING_PRIVATE_KEYS') });
    });

    test('no event has an address, a password, a token or a whole IP (ASVS 16.2.5)', async () => {
      const ada = await someone();
      await fail(ada.email);
      await found(1, 'LoginFailed', '--account', ada.id);
      const all = JSON.stringify(await search());
      for (const secret of ['@example.com', ada.password, 'horse battery', ada.refreshToken, HOME])
        assert.ok(!all.includes(secret), secret);
    });

    test('the owner of an account sees who signed in, and nobody else’s sign-ins (ASVS 7.5.2)', async () => {
      const [ada, jon] = [await someone(), await someone()];
      await fail(ada.email);
      const entries = await eventually('the sign-ins', async () => {
        const read = await historyOf(ada.accessToken, 100);
        return read.length >= 4 && read;
      });
      assert.deepEqual(
        entries.map(({ type }) => type),
        ['UserRegistered', 'AccountVerified', 'LoginSucceeded', 'LoginFailed'],
      );
      assert.deepEqual(
        entries.map(({ sequence }) => sequence),
        [1, 2, undefined, undefined],
      );
      const { type: _, at: _at, ...signIn } = entries[2] as Entry & { readonly at: string };
      assert.deepEqual(signIn, { summary: 'Signed in.', ip: PERSON.ipPrefix, userAgent: PERSON.userAgent });
      for (const limit of [1, 2, 3])
        assert.deepEqual(await historyOf(ada.accessToken, limit), entries, `pages of ${limit}`);
      await eventually('the sign-in', async () => (await historyOf(jon.accessToken, 100)).length === 3);
    });

    test('recorded events survive a kill and a restart (ASVS 16.4.2)', async () => {
      const ada = await someone();
      const [event] = await found(1, 'LoginSucceeded', '--account', ada.id);
      await system.kill();
      await system.start();
      assert.deepEqual(await search('--type', 'LoginSucceeded', '--account', ada.id), [event]);
      await eventually('the sign-in', async () => (await historyOf(ada.accessToken, 100)).length === 3);
    });
  });
}
