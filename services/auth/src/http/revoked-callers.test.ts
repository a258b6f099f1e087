/**
 * Tests that a request changes nothing if its session is revoked after the token was checked
 * (`refuseRevokedCaller`). The routes are read from the OpenAPI document, so the tests fail until a new route
 * is listed here.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestAuth } from '../testing/auth.fixture.ts';
import {
  assertProblem,
  assertStatus,
  createTestPerson,
  logInAndGetTokens,
  signUpAndVerify,
} from '../testing/people.ts';

const person = createTestPerson();
const { password } = person;

/** A valid body for each route that changes the caller's own account. */
const requests: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'PATCH /profile': { firstName: 'Ada' },
  'POST /change-email': { newEmail: createTestPerson('new').email, password },
  'POST /change-password': { currentPassword: password, newPassword: 'quite another passphrase' },
  'POST /account/erase': { password },
};

/** The other routes for signed-in callers that do not use GET. These routes need no `refuseRevokedCaller`. */
const others: readonly string[] = [
  // Routes that only end sessions.
  ...['POST /logout-all', 'DELETE /sessions/{id}'],
  // Routes that do not change the caller's account: the export only reads, and the routes for admins change
  // other accounts.
  ...['POST /export', 'POST /send-mail', 'PUT /accounts/{id}/role', 'DELETE /accounts/{id}'],
  ...['disable', 'enable', 'sessions/revoke', 'password-reset'].map(
    (action) => `POST /accounts/{id}/${action}`,
  ),
];

test('every route for signed-in callers is listed', async (context) => {
  const auth = await startTestAuth(context);
  const { paths } = assertStatus(await auth.get('/openapi.json'), 200).json;
  const signedIn = Object.entries<Record<string, { readonly security?: unknown }>>(paths).flatMap(
    ([path, operations]) =>
      Object.entries(operations)
        .filter(([, { security }]) => JSON.stringify(security) === '[{"bearer":[]}]')
        .map(([method]) => `${method.toUpperCase()} ${path.replace('/api/v1/auth', '')}`),
  );
  assert.deepEqual(
    signedIn.filter((route) => !route.startsWith('GET ')).toSorted(),
    [...Object.keys(requests), ...others].toSorted(),
  );
});

for (const [route, json] of Object.entries(requests))
  test(`${route} changes nothing for a caller whose sessions are revoked meanwhile`, async (context) => {
    const auth = await startTestAuth(context);
    await signUpAndVerify(auth, person);
    const { accessToken: token } = await logInAndGetTokens(auth, person);
    const [method = '', path = ''] = route.split(' ');
    const send = method === 'PATCH' ? auth.patch : auth.post;
    // Revoke the session just before the route's first write to the store. By then, the route has already
    // checked the access token.
    auth.beforeNextWrite(async () => assertStatus(await auth.post('/logout-all', { token }), 204));
    assertProblem(await send(path, { json, token }), 401, 'unauthenticated');
  });
