/**
 * Sessions may be revoked while a request is in progress, after the token was checked. The request must then change
 * nothing (`refuseRevokedCaller`). The routes come from the OpenAPI document, so that a new route must be added here.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAuth } from '../testing/auth.fixture.ts';
import {
  assertProblem,
  assertStatus,
  createPerson,
  loginTokens,
  signUpAndVerify,
} from '../testing/people.ts';

const person = createPerson();
const { password } = person;

/** A valid request to each route with which people change their own account. */
const requests: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'PATCH /profile': { firstName: 'Ada' },
  'POST /change-email': { newEmail: createPerson('new').email, password },
  'POST /change-password': { currentPassword: password, newPassword: 'quite another passphrase' },
  'POST /account/erase': { password },
};

/** Other routes for which a caller must be signed in, and that are no queries. */
const others: readonly string[] = [
  // They only end sessions.
  ...['POST /logout-all', 'DELETE /sessions/{id}'],
  // They change nothing of the caller's account: an export reads, and an admin's requests are about other accounts.
  ...['POST /export', 'POST /send-mail', 'PUT /accounts/{id}/role', 'DELETE /accounts/{id}'],
  ...['disable', 'enable', 'sessions/revoke', 'password-reset'].map(
    (action) => `POST /accounts/{id}/${action}`,
  ),
];

test('every route for signed-in callers is listed', async (context) => {
  const auth = await startAuth(context);
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
    const auth = await startAuth(context);
    await signUpAndVerify(auth, person);
    const { accessToken: token } = await loginTokens(auth, person);
    const [method = '', path = ''] = route.split(' ');
    const send = method === 'PATCH' ? auth.patch : auth.post;
    // The first write comes after the check of the token: it counts the request, or writes the commit.
    auth.beforeNextWrite(async () => assertStatus(await auth.post('/logout-all', { token }), 204));
    assertProblem(await send(path, { json, token }), 401, 'unauthenticated');
  });
