/** Tests the routes with which admins act on other accounts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestAuth, type TestAuth } from '../testing/auth.fixture.ts';
import {
  assertProblem,
  assertStatus,
  createTestPerson,
  logInAndGetTokens,
  postLogin,
  signUpAndVerify,
} from '../testing/people.ts';

async function admin(auth: TestAuth) {
  const person = await signUpAndVerify(auth, createTestPerson('admin'));
  await auth.makeAdmin(person.email);
  return { ...person, token: (await logInAndGetTokens(auth, person)).accessToken };
}

test('an admin mails a link to choose a new password; the old one works until then', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const { token } = await admin(auth);
  const path = `/accounts/${ada.id}/password-reset`;
  const { accessToken } = await logInAndGetTokens(auth, ada);
  assertProblem(await auth.post(path, { token: accessToken }), 403, 'insufficient_permission');
  assertStatus(await auth.post(path, { token }), 202);
  const link = await auth.open(await auth.event('PasswordResetRequested', ada.email));
  assertStatus(await postLogin(auth, ada), 200);
  const password = 'quite another passphrase';
  const json = { newPassword: password, confirmNewPassword: password };
  assertStatus(await auth.post(`/password-reset-confirm/${link.token}`, { json }), 200);
  assertProblem(await postLogin(auth, ada), 401, 'invalid_credentials');
  assertStatus(await postLogin(auth, { ...ada, password }), 200);
});

test('no link is sent to an account that is disabled or does not exist; an admin may send a limited number', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_MAILING_RECIPIENTS: '2' });
  const [ada, grace] = [await signUpAndVerify(auth), await signUpAndVerify(auth)];
  const { token } = await admin(auth);
  function send(id: string) {
    return auth.post(`/accounts/${id}/password-reset`, { token });
  }
  assertProblem(await send('01890a5d-ac96-774b-bcce-b302099a8057'), 404, 'not_found');
  assertStatus(await auth.post(`/accounts/${grace.id}/disable`, { token }), 200);
  assertProblem(await send(grace.id), 409, 'conflict');
  for (let sent = 0; sent < 2; sent += 1) assertStatus(await send(ada.id), 202);
  assertProblem(await send(ada.id), 429, 'rate_limited');
});

test('of two admins who demote each other at once, one remains', async (context) => {
  const auth = await startTestAuth(context);
  const [ada, grace] = [await admin(auth), await admin(auth)];
  const json = { role: 'user' };
  const replies = await Promise.all([
    auth.put(`/accounts/${grace.id}/role`, { token: ada.token, json }),
    auth.put(`/accounts/${ada.id}/role`, { token: grace.token, json }),
  ]);
  assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  const [refusal] = replies.filter(({ status }) => status !== 200);
  // Two admins demote each other at the same time. The request that is processed second comes from an account
  // that may no longer be an admin, so it may be refused for a different reason than `last_admin`.
  assert.ok(['last_admin', 'insufficient_permission', 'unauthenticated'].includes(refusal?.json.code));
});
