/**
 * Tests every admin route with every kind of caller (ASVS 5.0, 8.2.1, 8.3.1). The list of routes comes from the OpenAPI
 * documents that the services serve, so a new route is tested without a change to this file.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  type ApiResponse,
  assertProblem,
  assertStatus,
  type Client,
  createClient,
  retryWhileUnavailable,
} from './client.ts';
import { createServiceClientKey } from './client-key.ts';
import { eventually } from './eventually.ts';
import { createMailbox, extractLink } from './mailbox.ts';
import { findProblemViolations, type Operation, readOperations } from './openapi.ts';
import { createSamplePath, createSampleRequestBody, UNKNOWN_ACCOUNT_ID } from './openapi-samples.ts';
import { createAdmin, createPersonActions, createUniquePerson } from './people.ts';
import { sendRawRequest } from './raw-request.ts';
import type { System } from './system.ts';
import { listUndocumentedOperations } from './undocumented-routes.ts';

type Refusal = readonly [status: number, code: string];
const UNAUTHENTICATED: Refusal = [401, 'unauthenticated'];
const NOT_VERIFIED: Refusal = [403, 'account_not_verified'];
const NO_ADMIN: Refusal = [403, 'insufficient_permission'];

/** The kinds of callers. Each has the response that this kind of caller must get from every admin route. */
const CALLERS = {
  'nobody, without a token': UNAUTHENTICATED,
  'a stranger with a token of another issuer': UNAUTHENTICATED,
  'an admin with a refresh token': UNAUTHENTICATED,
  'a reader of a mail with its link': UNAUTHENTICATED,
  'an unverified account': NOT_VERIFIED,
  'a verified account': NO_ADMIN,
  'an admin who became a user': UNAUTHENTICATED,
  'an admin who became a user and signed in again': NO_ADMIN,
  'a disabled admin': UNAUTHENTICATED,
  'an admin whose sessions were ended': UNAUTHENTICATED,
  'an admin who signed out': UNAUTHENTICATED,
  'an admin who is about to be erased': UNAUTHENTICATED,
  'a service client with its key': UNAUTHENTICATED,
} as const satisfies Readonly<Record<string, Refusal>>;
type CallerName = keyof typeof CALLERS;

/** The kinds of callers whose requests carry no access token of auth. */
const WITHOUT_ACCESS_TOKEN: readonly string[] = [
  'nobody, without a token',
  'a stranger with a token of another issuer',
  'an admin with a refresh token',
  'a reader of a mail with its link',
  'a service client with its key',
] satisfies readonly CallerName[];

/** Other spellings of a path, which an access check that only compares strings would not recognise. */
const DISGUISES: readonly ((path: string) => string)[] = [
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => path.toUpperCase(),
  (path) => path.replace('/a', '/%61').replace('/u', '/%75'),
  (path) => `/auth/login/..${path}`,
  (path) => `/auth/login/%2e%2e/..${path}`,
  (path) => `/auth/login/..;${path}`,
  (path) => `${path};/auth/login`,
  (path) => `${path}%00`,
  (path) => path.replaceAll('/', '%2f'),
  (path) => path.replaceAll('/', '\\'),
];

/** How the OpenAPI documents describe the callers of routes that are not for admins. */
const OTHER_POLICIES: readonly string[] = [
  'anyone',
  'anyone, or any living account',
  'any active account',
  'a verified account',
  'a service client with the scope `introspect`',
  'a service client whose key has the scope `events` (`ops clients add`)',
];

function isForAdmins({ who }: Operation): boolean {
  return who.startsWith('a verified admin');
}

/**
 * Defines the tests of all admin routes.
 * @param start starts a system without rate limits (LIMITS=off)
 */
export function defineAdminMatrixTests(title: string, start: () => Promise<System>): void {
  describe(title, () => {
    let system: System;
    let client: Client;
    let operations: readonly Operation[];
    let tokens: Readonly<Record<CallerName, string | undefined>>;
    let admin: { readonly id: string; readonly accessToken: string };
    let victim: { readonly id: string; readonly accessToken: string };

    before(async () => {
      system = await start();
      client = createClient(system.url);
      operations = (await readOperations(client)).filter(isForAdmins);
      ({ tokens, admin, victim } = await callersOf(system, client));
    });
    after(() => system?.stop());

    function call(operation: Operation, id: string, token?: string): Promise<ApiResponse> {
      const body = createSampleRequestBody(operation);
      return sendRawRequest(system.url, operation.method, createSamplePath(operation, { id }), {
        ...(body && { body: JSON.stringify(body) }),
        headers: {
          ...(body && { 'Content-Type': 'application/json' }),
          ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        },
      });
    }

    /**
     * Returns everything that an admin route could change about the victim's account: its history and its
     * profile.
     */
    async function stateOfVictim(): Promise<unknown> {
      const history = await client.get(`/auth/accounts/${victim.id}/history`, { token: admin.accessToken });
      const profile = await retryWhileUnavailable(() =>
        client.get(`/users/${victim.id}`, { token: admin.accessToken }),
      );
      const own = await retryWhileUnavailable(() => client.get('/users/me', { token: victim.accessToken }));
      return [history, profile, own].map((reply) => assertStatus(reply, 200).json);
    }

    test('the list of routes includes every route for accounts of others', async () => {
      const paths = new Set(operations.map(({ path }) => path));
      for (const path of ['/auth/send-mail', '/users', '/users/{id}']) assert.ok(paths.has(path), path);
      for (const { name, who, tags, path } of await readOperations(client))
        if (/administration|webhooks/.test(tags.join()) || path.startsWith('/auth/accounts/'))
          assert.match(who, /^a verified admin/, name);
    });

    test('every other route is for callers that need no admin (ASVS 8.1.1)', async () => {
      for (const operation of await readOperations(client))
        if (!isForAdmins(operation)) assert.ok(OTHER_POLICIES.includes(operation.who), operation.name);
    });

    for (const [caller, [status, code]] of Object.entries(CALLERS) as [CallerName, Refusal][])
      test(`${caller} gets ${status} ${code} from every route, and changes nothing (ASVS 8.2.1, 8.3.1)`, async () => {
        const stateBefore = await stateOfVictim();
        for (const operation of operations) {
          const reply = await call(operation, victim.id, tokens[caller]);
          assert.deepEqual(findProblemViolations(reply), [], operation.name);
          assertProblem(reply, status, code);
        }
        assert.deepEqual(await stateOfVictim(), stateBefore);
      });

    for (const caller of Object.keys(CALLERS) as CallerName[])
      test(`${caller} gets no more than a route without a document admits (ASVS 8.2.1)`, async () => {
        for (const { operation, url } of listUndocumentedOperations(system)) {
          const { method, name, admits } = operation;
          if (admits === 'anyone') continue;
          const body = createSampleRequestBody(operation);
          const token = tokens[caller];
          const reply = await sendRawRequest(url, method, createSamplePath(operation), {
            ...(body && { body: JSON.stringify(body) }),
            headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
          });
          if (admits === 'provider') assertProblem(reply, ...NO_ADMIN);
          else if (WITHOUT_ACCESS_TOKEN.includes(caller)) assertProblem(reply, ...UNAUTHENTICATED);
          // Routes of the notifier accept revoked tokens. In production, only auth can reach these routes,
          // and auth checks the token before.
          else assert.equal(reply.status, 200, name);
        }
      });

    test('no spelling of a path gets past its guard (ASVS 4.1.3)', async () => {
      for (const operation of operations)
        for (const disguise of DISGUISES)
          for (const token of [undefined, tokens['a verified account']]) {
            const path = disguise(createSamplePath(operation, { id: victim.id }));
            const reply = await sendRawRequest(system.url, operation.method, path, {
              headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
            });
            assert.ok(
              [400, 401, 403, 404].includes(reply.status),
              `${operation.method} ${path}: ${reply.status}`,
            );
            assert.deepEqual(findProblemViolations(reply), [], path);
          }
    });

    test('an admin is let in by every one of them (ASVS 8.2.1)', async () => {
      for (const operation of operations) {
        const { status, text } = await call(operation, UNKNOWN_ACCOUNT_ID, admin.accessToken);
        assert.ok([200, 201, 202, 204, 404].includes(status), `${operation.name}: ${status} ${text}`);
      }
    });
  });
}

async function callersOf(system: System, client: Client) {
  const mailbox = createMailbox(system.mailbox);
  const people = createPersonActions(client, mailbox);

  const [admin, demoted, disabled, ended, left, leaving] = [
    await createAdmin(system, people, 'admin'),
    await createAdmin(system, people, 'demoted'),
    await createAdmin(system, people, 'disabled'),
    await createAdmin(system, people, 'ended'),
    await createAdmin(system, people, 'left'),
    await createAdmin(system, people, 'leaving'),
  ];
  const pending = createUniquePerson('pending');
  await people.signUp(pending);
  const link = extractLink(await mailbox.next(pending.email, 'Verify your email')).token;
  const verified = await people.login(await people.verified(createUniquePerson('verified')));
  const victim = await people.login(await people.verified(createUniquePerson('victim')));

  const token = admin.accessToken;
  assertStatus(await client.put(`/auth/accounts/${demoted.id}/role`, { token, json: { role: 'user' } }), 200);
  assertStatus(await client.post(`/auth/accounts/${disabled.id}/disable`, { token }), 200);
  assertStatus(await client.post(`/auth/accounts/${ended.id}/sessions/revoke`, { token }), 204);
  assertStatus(await client.post('/auth/logout-all', { token: left.accessToken }), 204);
  const erasure = { token: leaving.accessToken, json: { password: leaving.password } };
  assertStatus(await client.post('/auth/account/erase', erasure), 202);
  for (const gone of [demoted, disabled, ended, left, leaving])
    await eventually(
      'user knows that the token is revoked',
      async () => (await people.me(gone.accessToken)).status === 401,
    );

  const [unverified, user] = [await people.login(pending), await people.login(demoted)];
  // Wait until the read model contains these accounts. Until then, the user service responds to their
  // requests with 503.
  for (const { accessToken } of [unverified, user, verified]) await people.me(accessToken);

  const tokens: Readonly<Record<CallerName, string | undefined>> = {
    'nobody, without a token': undefined,
    'a stranger with a token of another issuer': forged(token),
    'an admin with a refresh token': admin.refreshToken,
    'a reader of a mail with its link': link,
    'an unverified account': unverified.accessToken,
    'a verified account': verified.accessToken,
    'an admin who became a user': demoted.accessToken,
    'an admin who became a user and signed in again': user.accessToken,
    'a disabled admin': disabled.accessToken,
    'an admin whose sessions were ended': ended.accessToken,
    'an admin who signed out': left.accessToken,
    'an admin who is about to be erased': leaving.accessToken,
    'a service client with its key': await createServiceClientKey(system, 'events'),
  };
  return { tokens, admin, victim };
}

/** Returns a copy of an access token, with the same header and claims, that is signed with another key. */
function forged(token: string): string {
  const signed = token.split('.').slice(0, 2).join('.');
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}
