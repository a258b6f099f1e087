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
import { findForms, getTitle } from './pages/pages.fixture.ts';

const CHOSEN = 'chosen by the holder of the mailbox';

async function linkTo(
  auth: TestAuth,
  type: 'EmailChangeRequested' | 'EmailChanged',
  address: string,
  nth = 1,
) {
  const { token, to } = await auth.open(await auth.event(type, address, nth));
  return { token, to };
}

test('a change of address is requested, confirmed and undone over HTTP', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const { email: newEmail } = createTestPerson('countess');
  const { accessToken: token } = await logInAndGetTokens(auth, ada);
  const { password } = ada;

  assertProblem(await auth.post('/change-email', { json: { newEmail, password } }), 401, 'unauthenticated');
  assertProblem(
    await auth.post('/change-email', { token, json: { newEmail, password: 'another' } }),
    400,
    'password_incorrect',
  );
  assertProblem(
    await auth.post('/change-email', { token, json: { newEmail: ada.email, password } }),
    400,
    'email_unchanged',
  );
  const asked = assertStatus(await auth.post('/change-email', { token, json: { newEmail, password } }), 202);
  assert.equal(asked.headers.get('account-sequence'), `${ada.id}:3`);

  const link = await linkTo(auth, 'EmailChangeRequested', ada.email);
  assert.equal(link.to, newEmail);
  const page = assertStatus(await auth.get(`/change-email/${link.token}`), 200);
  assert.match(page.text, new RegExp(newEmail));
  assert.equal(page.text.includes(ada.email), false);
  assertProblem(await auth.post(`/change-email/${link.token}`, { json: {} }), 400, 'password_required');
  const wrong = await auth.post(`/change-email/${link.token}`, { form: { password: 'another' } });
  assert.match(assertStatus(wrong, 400).text, /Incorrect password/);
  const done = await auth.post(`/change-email/${link.token}`, { form: { password } });
  assert.match(getTitle(assertStatus(done, 200).text), /^Your email address has been changed/);
  assertStatus(await auth.post(`/change-email/${link.token}`, { token, json: {} }), 200);

  assertStatus(await postLogin(auth, ada), 401);
  assertStatus(await postLogin(auth, { ...ada, email: newEmail }), 200);
  assertProblem(
    await auth.post('/change-email', { token, json: { newEmail: createTestPerson().email, password } }),
    409,
    'email_change_recent',
  );

  const undo = await linkTo(auth, 'EmailChanged', newEmail);
  assert.equal(undo.to, ada.email);
  const asksForPassword = assertStatus(await auth.get(`/undo-email-change/${undo.token}`), 200);
  assert.deepEqual(findForms(asksForPassword.text)[0]?.sends, ['newPassword', 'confirmNewPassword']);
  const both = { newPassword: CHOSEN, confirmNewPassword: CHOSEN };
  const weak = { newPassword: 'password123', confirmNewPassword: 'password123' };
  assertStatus(await auth.post(`/undo-email-change/${undo.token}`, { form: weak }), 400);
  const undone = await auth.post(`/undo-email-change/${undo.token}`, { form: both });
  assert.match(getTitle(assertStatus(undone, 200).text), /^Your account has its previous address again/);
  assertProblem(await auth.post(`/undo-email-change/${undo.token}`, { json: both }), 400, 'token_invalid');
  assertStatus(await auth.get('/history', { token }), 401);
  assertStatus(await postLogin(auth, { ...ada, password: CHOSEN }), 200);
  assertStatus(await postLogin(auth, { ...ada, email: newEmail }), 401);
});

test('the answer is the same for a free address and one that is in use', async (context) => {
  const auth = await startTestAuth(context);
  const [ada, eve] = [await signUpAndVerify(auth), await signUpAndVerify(auth)];
  const { accessToken: token } = await logInAndGetTokens(auth, ada);
  const answers = [];
  for (const newEmail of [createTestPerson('free').email, eve.email]) {
    const { status, headers, json } = await auth.post('/change-email', {
      token,
      json: { newEmail, password: ada.password },
    });
    answers.push([status, json, headers.get('account-sequence')?.split(':')[0]]);
  }
  assert.deepEqual(answers[0], answers[1]);
  const [free, taken] = [
    await auth.event('EmailChangeRequested', ada.email),
    await auth.event('EmailChangeRequested', ada.email, 2),
  ];
  assert.ok(free.data.person?.confirmation !== undefined);
  assert.equal(taken.data.person?.confirmation, undefined);
  const seen = assertStatus(await auth.get('/history', { token }), 200).json.events.filter(
    ({ type }: { type: string }) => type === 'EmailChangeRequested',
  );
  assert.equal(seen.length, 2);
  assert.equal(seen[0].summary, seen[1].summary);
});

test('requests are limited per account', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_EMAIL_CHANGES: '2' });
  const ada = await signUpAndVerify(auth);
  const { accessToken: token } = await logInAndGetTokens(auth, ada);
  for (const status of [202, 202, 429]) {
    const json = { newEmail: createTestPerson('other').email, password: ada.password };
    assertStatus(await auth.post('/change-email', { token, json }), status);
  }
});

test('an invalid link has a page without a form', async (context) => {
  const auth = await startTestAuth(context);
  for (const path of ['change-email', 'undo-email-change']) {
    const page = assertStatus(
      await auth.get(`/${path}/${'x'.repeat(64)}`, { headers: { accept: 'text/html' } }),
      400,
    );
    assert.deepEqual(findForms(page.text), []);
    assert.match(getTitle(page.text), /^This link is invalid/);
  }
});
