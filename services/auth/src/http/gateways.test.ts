/**
 * Tests the routes for gateways and other services: identifying the sender of a request, introspecting a
 * token, and looking up the URLs of the endpoints.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ClientScope,
  generateClientId,
  generateClientKey,
  hashClientKey,
  openServiceClients,
} from '@latchkey/clients';
import { createSqliteStore } from '@latchkey/sqlite';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { generateKey } from '../keys/generate-key.ts';
import { startTestAuth, type TestAuth } from '../testing/auth.fixture.ts';
import {
  assertProblem,
  assertStatus,
  createTestPerson,
  logInAndGetTokens,
  postSignUp,
  signUpAndVerify,
} from '../testing/people.ts';
import { waitUntil } from '../testing/until.ts';

async function keyWith(
  auth: TestAuth,
  scope: ClientScope,
): Promise<{ readonly id: string; readonly key: string }> {
  const id = generateClientId();
  const key = generateClientKey(id);
  const now = new Date();
  await openServiceClients(createSqliteStore(auth.database)).clients.add({
    id,
    name: 'books',
    scopes: [scope],
    person: false,
    createdAt: now,
    keys: [{ hash: hashClientKey(key), since: now }],
  });
  return { id, key };
}

test('a gateway learns who sends a request, until the token is revoked', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const { accessToken: token, refreshToken } = await logInAndGetTokens(auth, ada);
  const { headers } = assertStatus(await auth.get('/check', { token }), 204);
  assert.deepEqual(
    ['x-user-id', 'x-user-role', 'x-user-verified'].map((name) => headers.get(name)),
    [ada.id, 'user', 'true'],
  );
  assert.match(headers.get('x-auth-sequence') ?? '', /^\d+$/);
  assertStatus(await auth.get('/check?verified', { token }), 204);
  assertProblem(await auth.get('/check?role=admin', { token }), 403, 'insufficient_permission');
  assertProblem(await auth.get('/check?role=owner', { token }), 400, 'validation_failed');
  assertProblem(await auth.get('/check'), 401, 'unauthenticated');
  assertStatus(await auth.post('/logout', { json: { refreshToken } }), 204);
  assertProblem(await auth.get('/check', { token }), 401, 'unauthenticated');
});

test('a gateway may ask for verified accounts, and for admins', async (context) => {
  const auth = await startTestAuth(context);
  const [eve, root] = [createTestPerson('eve'), await signUpAndVerify(auth, createTestPerson('root'))];
  await postSignUp(auth, eve);
  const { accessToken: token } = await logInAndGetTokens(auth, eve);
  assert.equal(
    assertStatus(await auth.get('/check', { token }), 204).headers.get('x-user-verified'),
    'false',
  );
  for (const query of ['verified', 'verified=true', 'role=user'])
    assertProblem(await auth.get(`/check?${query}`, { token }), 403, 'account_not_verified');
  await auth.makeAdmin(root.email);
  const admin = await logInAndGetTokens(auth, root);
  assertStatus(await auth.get('/check?verified&role=admin', { token: admin.accessToken }), 204);
});

test('a refused check of a gateway is reported once for each account', async (context) => {
  const auth = await startTestAuth(context);
  const [ada, eve] = [await signUpAndVerify(auth), createTestPerson('eve')];
  await postSignUp(auth, eve);
  const { subject: id } = await auth.event('UserRegistered', eve.email);
  for (const [person, query] of [
    [ada, 'role=admin'],
    [ada, 'role=admin'],
    [eve, 'role=admin'],
    [eve, 'verified'],
  ] as const) {
    const { accessToken: token } = await logInAndGetTokens(auth, person);
    assertStatus(await auth.get(`/check?${query}`, { token }), 403);
  }
  function denials() {
    return auth.securityEvents().flatMap(({ type, data }) => (type === 'AccessDenied' ? [data] : []));
  }
  await waitUntil(async () => denials().length >= 2);
  // Sort the events, because events of different accounts may arrive in any order.
  assert.deepEqual(
    denials()
      .map(({ actor, accountId, action, reason }) => [actor, accountId, action, reason])
      .toSorted(),
    [
      [ada.id, ada.id, 'GET /api/v1/auth/check', 'insufficient_permission'],
      [id, id, 'GET /api/v1/auth/check', 'account_not_verified'],
    ].toSorted(),
  );
});

test('introspection tells a service client whether a token is active, and its claims', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const { accessToken, refreshToken } = await logInAndGetTokens(auth, ada);
  const { id, key } = await keyWith(auth, 'introspect');
  const basic = `Basic ${Buffer.from(`${id}:${key}`).toString('base64')}`;
  async function introspect(token: string, authorization = `Bearer ${key}`) {
    const form = { token, token_type_hint: 'access_token' };
    return assertStatus(await auth.post('/introspect', { form, headers: { authorization } }), 200).json;
  }
  const active = await introspect(accessToken);
  const { sub, sid, exp, iat, jti, seq, aud, iss, client_id } = decodeJwt(accessToken);
  const claims = { sub, sid, exp, iat, jti, seq, aud, iss, client_id };
  assert.deepEqual(active, {
    active: true,
    token_type: 'Bearer',
    role: 'user',
    email_verified: true,
    ...claims,
  });
  assert.deepEqual(await introspect(accessToken, basic), active);
  for (const other of [refreshToken, 'nonsense', `${accessToken}x`])
    assert.deepEqual(await introspect(other), { active: false });
  assertStatus(await auth.post('/logout', { json: { refreshToken } }), 204);
  assert.deepEqual(await introspect(accessToken), { active: false });
});

test('introspection is refused without a key for it', async (context) => {
  const auth = await startTestAuth(context);
  const { accessToken } = await logInAndGetTokens(auth, await signUpAndVerify(auth));
  const { key } = await keyWith(auth, 'events');
  for (const authorization of [undefined, `Bearer ${key}`, `Bearer ${accessToken}`, 'Basic Og==']) {
    const headers = authorization === undefined ? {} : { authorization };
    const refused = await auth.post('/introspect', { form: { token: accessToken }, headers });
    assert.match(
      assertProblem(refused, 401, 'unauthenticated').headers.get('www-authenticate') ?? '',
      /^Basic /,
    );
  }
});

test('the issuer describes itself at both well-known names', async (context) => {
  const auth = await startTestAuth(context);
  const { accessToken } = await logInAndGetTokens(auth, await signUpAndVerify(auth));
  const documents = [];
  for (const name of ['openid-configuration', 'oauth-authorization-server'])
    documents.push(assertStatus(await auth.get(`/.well-known/${name}`), 200).json);
  const [first, second] = documents;
  assert.deepEqual(first, second);
  assert.equal(first.issuer, decodeJwt(accessToken).iss);
  const keys = assertStatus(await auth.get(new URL(first.jwks_uri).pathname), 200).json.keys;
  assert.deepEqual(first.id_token_signing_alg_values_supported, ['ES256']);
  assert.equal(keys[0].alg, 'ES256');
  assert.equal(new URL(first.introspection_endpoint).pathname, '/api/v1/auth/introspect');
});

test('an issuer with an RSA key signs with RS256, and names the algorithms of all keys', async (context) => {
  const keys = [generateKey('signing', 'RS256'), generateKey('signing', 'ES256')];
  const auth = await startTestAuth(context, {
    SIGNING_KEYS: JSON.stringify({ keys }),
    ACCESS_TOKEN_TYPE: 'JWT',
  });
  const { accessToken: token } = await logInAndGetTokens(auth, await signUpAndVerify(auth));
  const { alg, typ, kid } = decodeProtectedHeader(token);
  assert.deepEqual([alg, typ, kid], ['RS256', 'JWT', keys[0]?.['kid']]);
  assertStatus(await auth.get('/check', { token }), 204);
  const { json } = assertStatus(await auth.get('/.well-known/openid-configuration'), 200);
  assert.deepEqual(json.id_token_signing_alg_values_supported, ['RS256', 'ES256']);
});

test('an unverified account has no scopes, because its address may be somebody else’s', async (context) => {
  const auth = await startTestAuth(context, {
    ROLE_SCOPES: 'user=books:read',
    ACCESS_TOKEN_CLAIMS: 'email=email',
  });
  const ada = createTestPerson();
  await postSignUp(auth, ada);
  const { scope, email, email_verified } = decodeJwt((await logInAndGetTokens(auth, ada)).accessToken);
  assert.deepEqual([scope, email, email_verified], [undefined, ada.email, false]);
});

test('scopes by role and claims of the profile are in tokens if settings name them', async (context) => {
  const auth = await startTestAuth(context, {
    ROLE_SCOPES: 'user=books:read+books:lend',
    ACCESS_TOKEN_CLAIMS: 'preferred_username=username,given_name=firstName',
  });
  const ada = await signUpAndVerify(auth);
  const { accessToken } = await logInAndGetTokens(auth, ada);
  const { scope, preferred_username, given_name } = decodeJwt(accessToken);
  assert.deepEqual(
    [scope, preferred_username, given_name],
    ['books:read books:lend', ada.username, undefined],
  );
  const { key } = await keyWith(auth, 'introspect');
  const asked = { form: { token: accessToken }, headers: { authorization: `Bearer ${key}` } };
  assert.equal(assertStatus(await auth.post('/introspect', asked), 200).json.scope, scope);
});
