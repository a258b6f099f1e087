/** Tests sessions and refresh tokens over HTTP, and what ends them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestAuth, type TestAuth, type TestRequestOptions } from '../testing/auth.fixture.ts';
import {
  assertProblem,
  assertStatus,
  createTestPerson,
  logInAndGetTokens,
  postLogin,
  postSignUp,
  signUpAndVerify,
} from '../testing/people.ts';
import { waitUntil } from '../testing/until.ts';
import { findCrossSiteCookieWarning } from './refresh-cookie.ts';

const DAY = 86_400_000;
const APP = 'https://app.example.com';

function refresh(auth: TestAuth, refreshToken: string) {
  return auth.post('/refresh', { json: { refreshToken } });
}
async function alive(auth: TestAuth, token: string) {
  return (await auth.get('/sessions', { token })).status === 200;
}

test('of fifty requests with one refresh token all get the same next one', async (context) => {
  const auth = await startTestAuth(context);
  const { refreshToken } = await logInAndGetTokens(auth, await signUpAndVerify(auth));
  const replies = await Promise.all(Array.from({ length: 50 }, () => refresh(auth, refreshToken)));
  for (const reply of replies) assertStatus(reply, 200);
  const [next, ...others] = new Set(replies.map(({ json }) => json.refreshToken));
  assert.deepEqual(others, []);
  assert.equal(next.split('.')[1], '1');
  assertStatus(await refresh(auth, next), 200);
});

test('a lost response is repeated until the new token is used; after that, the old token ends its session', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const first = await logInAndGetTokens(auth, ada);
  const elsewhere = await logInAndGetTokens(auth, ada);
  const second = assertStatus(await refresh(auth, first.refreshToken), 200).json;
  auth.advance(600_000);
  const repeated = assertStatus(await refresh(auth, first.refreshToken), 200).json;
  assert.equal(repeated.refreshToken, second.refreshToken);
  const third = assertStatus(await refresh(auth, second.refreshToken), 200).json;
  assertProblem(await refresh(auth, first.refreshToken), 401, 'refresh_token_invalid');
  assertProblem(await refresh(auth, third.refreshToken), 401, 'refresh_token_invalid');
  // The reuse of the old token has revoked all access tokens of the account. The account's other session
  // still exists, so its refresh token still works.
  assert.equal(await alive(auth, elsewhere.accessToken), false);
  const renewed = assertStatus(await refresh(auth, elsewhere.refreshToken), 200).json;
  assert.equal(await alive(auth, renewed.accessToken), true);
  // The old refresh token has no effect any more, so it cannot end sessions that were created after it.
  const later = await logInAndGetTokens(auth, ada);
  assertProblem(await refresh(auth, first.refreshToken), 401, 'refresh_token_invalid');
  assert.equal(await alive(auth, later.accessToken), true);
});

test('a lost response is repeated for REFRESH_REUSE_MINUTES, and one minute more because clocks differ', async (context) => {
  const auth = await startTestAuth(context, { REFRESH_REUSE_MINUTES: '3' });
  const { refreshToken: first } = await logInAndGetTokens(auth, await signUpAndVerify(auth));
  const { refreshToken: second } = assertStatus(await refresh(auth, first), 200).json;
  auth.advance(3 * 60_000);
  assert.equal(assertStatus(await refresh(auth, first), 200).json.refreshToken, second);
  auth.advance(60_000);
  assertProblem(await refresh(auth, first), 401, 'refresh_token_invalid');
  assertProblem(await refresh(auth, second), 401, 'refresh_token_invalid');
});

test('a forged, foreign or over-old refresh token ends nothing', async (context) => {
  const auth = await startTestAuth(context);
  const { accessToken, refreshToken } = await logInAndGetTokens(auth, await signUpAndVerify(auth));
  const [id, , mac] = refreshToken.split('.');
  for (const forged of [`${id}.5.${mac}`, `${id}.0.${'A'.repeat(43)}`, 'nonsense']) {
    assertProblem(await refresh(auth, forged), 401, 'refresh_token_invalid');
  }
  assert.equal(await alive(auth, accessToken), true);
});

test('a session ends a fixed number of days after its login, however often it was refreshed', async (context) => {
  const auth = await startTestAuth(context, { REFRESH_TOKEN_DAYS: '2' });
  let { refreshToken } = await logInAndGetTokens(auth, await signUpAndVerify(auth));
  auth.advance(DAY);
  ({ refreshToken } = assertStatus(await refresh(auth, refreshToken), 200).json);
  auth.advance(DAY);
  assertProblem(await refresh(auth, refreshToken), 401, 'refresh_token_invalid');
});

test('a session that is not used for SESSION_IDLE_DAYS ends, however long it could last', async (context) => {
  const auth = await startTestAuth(context, { SESSION_IDLE_DAYS: '2' });
  const ada = await signUpAndVerify(auth);
  const used = await logInAndGetTokens(auth, ada);
  const idle = await logInAndGetTokens(auth, ada);
  auth.advance(DAY);
  const { refreshToken } = assertStatus(await refresh(auth, used.refreshToken), 200).json;
  auth.advance(DAY);
  assertStatus(await refresh(auth, refreshToken), 200);
  assertProblem(await refresh(auth, idle.refreshToken), 401, 'refresh_token_invalid');
});

test('one more login than SESSIONS_PER_ACCOUNT ends the oldest session', async (context) => {
  const auth = await startTestAuth(context, { SESSIONS_PER_ACCOUNT: '2' });
  const ada = await signUpAndVerify(auth);
  const tokens: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    auth.advance(1000);
    tokens.push((await logInAndGetTokens(auth, ada)).accessToken);
  }
  assert.deepEqual(await Promise.all(tokens.map((token) => alive(auth, token))), [false, true, true]);
});

test('logging out ends the session immediately, and a second time does nothing', async (context) => {
  const auth = await startTestAuth(context);
  const { accessToken, refreshToken } = await logInAndGetTokens(auth, await signUpAndVerify(auth));
  function logout() {
    return auth.post('/logout', { json: { refreshToken } });
  }
  assertStatus(await logout(), 204);
  assert.equal(await alive(auth, accessToken), false);
  assertProblem(await refresh(auth, refreshToken), 401, 'refresh_token_invalid');
  assertStatus(await logout(), 204);
});

test('a new password ends every session but the one that changed it', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const here = await logInAndGetTokens(auth, ada);
  const there = await logInAndGetTokens(auth, ada);
  const json = { currentPassword: ada.password, newPassword: 'quite another passphrase' };
  const { accessToken } = assertStatus(
    await auth.post('/change-password', { json, token: here.accessToken }),
    200,
  ).json;
  assert.equal(await alive(auth, here.accessToken), false, 'the token was issued before');
  assert.equal(await alive(auth, there.accessToken), false);
  assert.equal(await alive(auth, accessToken), true);
  assertProblem(await refresh(auth, there.refreshToken), 401, 'refresh_token_invalid');
  assertStatus(await refresh(auth, here.refreshToken), 200);
});

test('the cookie is Secure in production and is taken from listed origins alone', async (context) => {
  const auth = await startTestAuth(context, { CORS_ORIGINS: APP });
  const { email, password } = await signUpAndVerify(auth);
  const reply = assertStatus(await auth.post('/login', { json: { email, password, tokens: 'cookie' } }), 200);
  assert.equal(reply.json.refreshToken, undefined);
  const set = reply.headers.get('set-cookie') ?? '';
  const [cookie = '', ...attributes] = set.split('; ');
  assert.match(cookie, /^__Host-latchkey_refresh=.+/);
  // Browsers accept a cookie with the prefix `__Host-` only if it has these attributes and lacks `Domain`.
  for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Secure', 'Path=/']) {
    assert.ok(attributes.includes(attribute), set);
  }
  function ask(headers: Record<string, string>): TestRequestOptions {
    return { headers: { cookie, ...headers } };
  }
  for (const headers of [{}, { origin: 'null' }, { origin: 'https://app.example.com.evil.example' }]) {
    assertProblem(await auth.post('/refresh', ask(headers)), 403, 'insufficient_permission');
    assertProblem(await auth.post('/logout', ask(headers)), 403, 'insufficient_permission');
  }
  const refreshed = assertStatus(await auth.post('/refresh', ask({ origin: APP })), 200);
  assert.equal(refreshed.json.refreshToken, undefined);
  const renewed = refreshed.headers.get('set-cookie') ?? '';
  assert.match(renewed, /^__Host-latchkey_refresh=.+; Secure/);
  const ended = await auth.post('/logout', {
    headers: { cookie: renewed.split('; ')[0] ?? '', origin: APP },
  });
  assert.match(assertStatus(ended, 204).headers.get('set-cookie') ?? '', /Max-Age=0/);
  assert.equal(await alive(auth, refreshed.json.accessToken), false);
});

/** Returns settings with which auth accepts the cookie of release 0.1 for two more days. */
function settingsOfUpgrade() {
  const FORMER_REFRESH_COOKIE_UNTIL = new Date(Date.now() + 2 * DAY).toISOString().slice(0, 10);
  return { CORS_ORIGINS: APP, FORMER_REFRESH_COOKIE_UNTIL };
}

test('another host of the domain cannot plant a cookie of its own session, even the cookie of release 0.1', async (context) => {
  const planted = '__Secure-latchkey_refresh=';
  const auth = await startTestAuth(context, { CORS_ORIGINS: APP });
  const { refreshToken } = await logInAndGetTokens(auth, await signUpAndVerify(auth));
  const headers = { cookie: `${planted}${refreshToken}`, origin: APP };
  const reply = assertProblem(await auth.post('/refresh', { headers }), 401, 'refresh_token_invalid');
  assert.deepEqual(reply.headers.getSetCookie(), []);
  assertStatus(await auth.post('/logout', { headers }), 204);
  assertStatus(await refresh(auth, refreshToken), 200);
});

test('the cookie of release 0.1 is read until the day that the operator has set', async (context) => {
  const auth = await startTestAuth(context, settingsOfUpgrade());
  const ada = await signUpAndVerify(auth);
  async function ask() {
    const { refreshToken } = await logInAndGetTokens(auth, ada);
    const cookie = `__Secure-latchkey_refresh=${refreshToken}`;
    return auth.post('/refresh', { headers: { cookie, origin: APP } });
  }
  assertStatus(await ask(), 200);
  auth.advance(2 * DAY);
  assertProblem(await ask(), 401, 'refresh_token_invalid');
});

test('the cookie of release 0.1 is replaced by the one that no other host can set', async (context) => {
  const auth = await startTestAuth(context, {
    ...settingsOfUpgrade(),
    PUBLIC_URL: 'https://id.example.com/accounts',
  });
  const ada = await signUpAndVerify(auth);
  async function ask(path: string, cookie: string) {
    return auth.post(path, { headers: { cookie, origin: APP } });
  }
  const former = `__Secure-latchkey_refresh=${(await logInAndGetTokens(auth, ada)).refreshToken}`;
  const [set = '', ...others] = assertStatus(await ask('/refresh', former), 200).headers.getSetCookie();
  assert.match(set, /^__Host-latchkey_refresh=[^;]+; Max-Age=2592000; Path=\/; /);
  const removed =
    '__Secure-latchkey_refresh=; Max-Age=0; Path=/accounts/api/v1/auth; HttpOnly; SameSite=Strict; Secure';
  assert.deepEqual(others, [removed]);
  const [cookie = ''] = set.split(';');
  const planted = `__Secure-latchkey_refresh=${(await logInAndGetTokens(auth, ada)).refreshToken}`;
  const ended = assertStatus(await ask('/logout', `${planted}; ${cookie}`), 204);
  assert.equal(ended.headers.getSetCookie()[1], removed);
  assertProblem(await ask('/refresh', cookie), 401, 'refresh_token_invalid');
  assert.equal(assertStatus(await ask('/refresh', planted), 200).headers.getSetCookie().length, 2);
});

test('a request with two cookies has none, because another host may have planted one', async (context) => {
  const auth = await startTestAuth(context, settingsOfUpgrade());
  const ada = await signUpAndVerify(auth);
  const [own, planted] = [await logInAndGetTokens(auth, ada), await logInAndGetTokens(auth, ada)];
  for (const name of ['__Host-latchkey_refresh', '__Secure-latchkey_refresh']) {
    const cookie = `${name}=${planted.refreshToken}; other=1; ${name}=${own.refreshToken}`;
    const reply = await auth.post('/refresh', { headers: { cookie, origin: APP } });
    assertProblem(reply, 401, 'refresh_token_invalid');
  }
});

test('a visitor without a session gets a refusal from refresh, and may log out, with or without a body', async (context) => {
  const auth = await startTestAuth(context, { CORS_ORIGINS: APP });
  for (const ask of [{}, { json: {} }, { headers: { origin: APP } }]) {
    assertProblem(await auth.post('/refresh', ask), 401, 'refresh_token_invalid');
    assert.equal(assertStatus(await auth.post('/logout', ask), 204).headers.get('set-cookie'), null);
  }
});

test('the cookie goes to other sites only if REFRESH_COOKIE_SAMESITE says so, and then it is Secure', async (context) => {
  for (const [sameSite, attribute] of [
    ['lax', 'SameSite=Lax'],
    ['none', 'SameSite=None; Secure'],
  ] as const) {
    const auth = await startTestAuth(context, {
      LATCHKEY_ENV: 'development',
      REFRESH_COOKIE_SAMESITE: sameSite,
    });
    const { email, password } = await signUpAndVerify(auth);
    const { headers } = await auth.post('/login', { json: { email, password, tokens: 'cookie' } });
    const set = headers.get('set-cookie') ?? '';
    assert.ok(set.endsWith(attribute), set);
  }
});

test('a client app on another site is warned of at the start, unless the cookie may go there', () => {
  const app = { FRONTEND_URL: 'https://shop.example.org', PUBLIC_URL: 'https://id.example.com' };
  for (const sameSite of ['strict', 'lax'] as const)
    assert.match(
      findCrossSiteCookieWarning({ ...app, REFRESH_COOKIE_SAMESITE: sameSite }) ?? '',
      new RegExp(`is ${sameSite}, .* Set it to none`),
    );
  assert.equal(findCrossSiteCookieWarning({ ...app, REFRESH_COOKIE_SAMESITE: 'none' }), undefined);
  const { PUBLIC_URL } = app;
  const near = { PUBLIC_URL, REFRESH_COOKIE_SAMESITE: 'strict' } as const;
  assert.equal(findCrossSiteCookieWarning({ ...near, FRONTEND_URL: 'https://app.example.com' }), undefined);
  assert.equal(findCrossSiteCookieWarning(near), undefined);
});

test('an admin ends every session of an account, whose owner may sign in again', async (context) => {
  const auth = await startTestAuth(context);
  const [ada, root] = [await signUpAndVerify(auth), await signUpAndVerify(auth, createTestPerson('root'))];
  await auth.makeAdmin(root.email);
  const { accessToken: admin } = await logInAndGetTokens(auth, root);
  const sessions = [await logInAndGetTokens(auth, ada), await logInAndGetTokens(auth, ada)];
  const path = `/accounts/${ada.id}/sessions/revoke`;
  const { accessToken = '' } = sessions[0] ?? {};
  assertProblem(await auth.post(path, { token: accessToken }), 403, 'insufficient_permission');
  assertStatus(await auth.post(path, { token: admin }), 204);
  for (const session of sessions) {
    assert.equal(await alive(auth, session.accessToken), false);
    assertProblem(await refresh(auth, session.refreshToken), 401, 'refresh_token_invalid');
  }
  assert.equal(await alive(auth, (await logInAndGetTokens(auth, ada)).accessToken), true);
  const nobody = '/accounts/01890a5d-ac96-774b-bcce-b302099a8057/sessions/revoke';
  assertProblem(await auth.post(nobody, { token: admin }), 404, 'not_found');
});

test('a disabled account loses access immediately, and gets it back once it is enabled', async (context) => {
  const auth = await startTestAuth(context);
  const [ada, root] = [await signUpAndVerify(auth), await signUpAndVerify(auth, createTestPerson('root'))];
  await auth.makeAdmin(root.email);
  const admin = await logInAndGetTokens(auth, root);
  const { accessToken, refreshToken } = await logInAndGetTokens(auth, ada);
  await auth.post('/password-reset-request', { json: { email: ada.email } });
  const { token } = await auth.open(await auth.event('PasswordResetRequested', ada.email));

  const disabled = await auth.post(`/accounts/${ada.id}/disable`, {
    json: { reason: 'spam' },
    token: admin.accessToken,
  });
  assert.equal(assertStatus(disabled, 200).json.user.disabled, true);
  assertProblem(await auth.get('/sessions', { token: accessToken }), 401, 'unauthenticated');
  assertProblem(await auth.post('/verification-request', { token: accessToken }), 401, 'unauthenticated');
  assertProblem(await refresh(auth, refreshToken), 401, 'refresh_token_invalid');
  assertProblem(await postLogin(auth, ada), 403, 'account_disabled');
  assertProblem(await postLogin(auth, { ...ada, password: 'not the password' }), 401, 'invalid_credentials');
  const json = { newPassword: 'quite another passphrase', confirmNewPassword: 'quite another passphrase' };
  assertProblem(await auth.post(`/password-reset-confirm/${token}`, { json }), 400, 'token_invalid');

  assertStatus(await auth.post(`/accounts/${ada.id}/enable`, { token: admin.accessToken }), 200);
  assertProblem(await auth.get('/sessions', { token: accessToken }), 401, 'unauthenticated');
  assertStatus(await postLogin(auth, ada), 200);
});

test('an unverified account may log in, and is told that it is unverified', async (context) => {
  const auth = await startTestAuth(context);
  const eve = createTestPerson('eve');
  await postSignUp(auth, eve);
  const { accessToken: token } = await logInAndGetTokens(auth, eve);
  assertStatus(await auth.get('/sessions', { token }), 200);
  for (const reply of [
    await auth.get('/history', { token }),
    await auth.patch('/profile', { json: {}, token }),
    await auth.post('/send-mail', { json: { addresses: [eve.email] }, token }),
  ]) {
    assert.match(assertProblem(reply, 403, 'account_not_verified').json.resolution, /check your email/);
  }
});

test('sessions are listed page by page, each once', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const logins = [];
  for (let n = 0; n < 5; n += 1) logins.push(await logInAndGetTokens(auth, ada));
  const { accessToken: token } = logins[0] ?? assert.fail();
  const all = assertStatus(await auth.get('/sessions', { token }), 200).json;
  assert.equal(all.nextCursor, null);
  const paged = [];
  let cursor = '';
  do {
    const page = assertStatus(await auth.get(`/sessions?limit=2${cursor}`, { token }), 200).json;
    assert.ok(page.sessions.length <= 2);
    paged.push(...page.sessions);
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
  } while (cursor !== '');
  assert.deepEqual(paged, all.sessions);
  for (const bad of ['limit=0', 'limit=101', 'limit=x', 'cursor=', 'cursor=WzEsMV0', 'limits=1'])
    assertProblem(await auth.get(`/sessions?${bad}`, { token }), 400, 'validation_failed');
});

function typesIn({ events }: { readonly events: readonly { readonly type: string }[] }): readonly string[] {
  return events.map(({ type }) => type);
}

test('the history is listed page by page, even if a page ends within one change', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const { accessToken: token } = await logInAndGetTokens(auth, ada);
  for (const firstName of ['Ada', 'Adele'])
    assertStatus(await auth.patch('/profile', { token, json: { firstName } }), 200);
  const newPassword = 'another horse battery';
  assertStatus(
    await auth.post('/change-password', { token, json: { currentPassword: ada.password, newPassword } }),
    200,
  );
  const { accessToken } = await logInAndGetTokens(auth, { ...ada, password: newPassword });
  async function readAll() {
    return assertStatus(await auth.get('/history', { token: accessToken }), 200).json;
  }
  // Sign-ins are recorded in the background, so wait until they are recorded.
  await waitUntil(
    async () => typesIn(await readAll()).filter((type) => type === 'LoginSucceeded').length === 2,
  );
  const all = await readAll();
  assert.deepEqual(typesIn(all), [
    'UserRegistered',
    'AccountVerified',
    'LoginSucceeded',
    'ProfileChanged',
    'ProfileChanged',
    'PasswordChanged',
    'SessionsRevoked',
    'LoginSucceeded',
  ]);
  assert.equal(all.nextCursor, null);
  for (const limit of [1, 2, 3]) {
    const paged = [];
    let cursor = '';
    do {
      const path = `/history?limit=${limit}${cursor}`;
      const page = assertStatus(await auth.get(path, { token: accessToken }), 200).json;
      assert.ok(page.events.length <= limit);
      paged.push(...page.events);
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    assert.deepEqual(paged, all.events);
  }
  assertProblem(await auth.get('/history?cursor=bm8', { token: accessToken }), 400, 'validation_failed');
});
