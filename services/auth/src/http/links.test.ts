/** Tests links as people click and copy them, and the pages of unusable links. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestAuth, type TestAuth } from '../testing/auth.fixture.ts';
import {
  assertProblem,
  assertStatus,
  createTestPerson,
  logInAndGetTokens,
  postSignUp,
  signUpAndVerify,
} from '../testing/people.ts';
import { findForms, getTitle } from './pages/pages.fixture.ts';

async function verificationToken(auth: TestAuth, email: string): Promise<string> {
  return (await auth.open(await auth.event('UserRegistered', email))).token;
}

test('a link works even if people or programs have added text to it', async (context) => {
  const auth = await startTestAuth(context);
  const ada = createTestPerson();
  await postSignUp(auth, ada);
  const token = await verificationToken(auth, ada.email);
  const middle = `${token.slice(0, 30)}%0A%20${token.slice(30)}`;
  const additions = [
    '.',
    ',',
    ')',
    '%3E',
    '%22',
    "'",
    '%20',
    '%0A',
    '%C2%A0',
    '%E2%80%8B',
    '%E2%80%9D',
    '%3D',
  ]
    .concat([';jsessionid=1', '&amp;x=1', '?utm_source=mail', '/'])
    .map((addition) => token + addition);
  for (const copied of [...additions, `%20${token}`, middle]) {
    const page = assertStatus(await auth.get(`/verify/${copied}`), 200);
    assert.equal(findForms(page.text)[0]?.action, `/api/v1/auth/verify/${token}`, copied);
  }
  assertStatus(await auth.get(`/verify/${token}./reject`), 200);
  const form = { password: ada.password };
  assertStatus(await auth.post(`/verify/${token}.?utm_source=mail&x=1`, { form }), 200);
});

test('parameters that a client adds to another route are refused', async (context) => {
  const auth = await startTestAuth(context);
  const json = { email: createTestPerson().email };
  assertProblem(
    await auth.post('/password-reset-request?utm_source=mail', { json }),
    400,
    'validation_failed',
  );
});

test('an incomplete link is distinguished from one that was already used', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const { accessToken } = await logInAndGetTokens(auth, ada);
  assertStatus(
    await auth.post('/account/erase', { token: accessToken, json: { password: ada.password } }),
    202,
  );
  const { token } = await auth.open(await auth.event('AccountErasureRequested', ada.email));
  for (const incomplete of [`/${token.slice(0, -4)}`, '/', '']) {
    const { text } = await auth.get(`/erase${incomplete}`, { headers: { accept: 'text/html' } });
    assert.match(getTitle(text), /^This link is incomplete/, incomplete);
    assert.match(text, /copy the whole address/);
    assert.match(text, /your account will be erased/);
  }
  assertStatus(await auth.post(`/erase/${token}`), 200);
  const used = assertStatus(await auth.get(`/erase/${token}`), 400);
  assert.match(getTitle(used.text), /^This link no longer works/);
  for (const path of ['verify', 'password-reset-confirm', 'change-email', 'undo-email-change']) {
    const cut = assertStatus(await auth.get(`/${path}/${token.slice(0, -4)}`), 400);
    assert.match(getTitle(cut.text), /^This link is incomplete/, path);
    const unknown = assertStatus(await auth.get(`/${path}/${token}`), 400);
    assert.match(getTitle(unknown.text), /^This link is invalid/, path);
  }
});

test('a wrong password for a link is reported as such, to a client and in the form', async (context) => {
  const auth = await startTestAuth(context);
  const ada = createTestPerson();
  await postSignUp(auth, ada);
  const token = await verificationToken(auth, ada.email);
  const wrong = { password: 'not the password of ada' };
  const problem = assertProblem(
    await auth.post(`/verify/${token}`, { json: wrong }),
    400,
    'password_incorrect',
  );
  assert.deepEqual(problem.json.errors?.[0]?.pointer, '#/password');
  assertProblem(await auth.post(`/verify/${token}`, { json: {} }), 400, 'password_required');
  const { text } = assertStatus(await auth.post(`/verify/${token}`, { form: wrong }), 400);
  assert.match(text, /id="password-fault">Incorrect password/);
});

test('the other link of a finished sign-up says that the address may be verified already', async (context) => {
  const auth = await startTestAuth(context, { FRONTEND_URL: 'https://app.example.com' });
  const ada = createTestPerson();
  await postSignUp(auth, ada);
  const token = await verificationToken(auth, ada.email);
  assertStatus(await auth.post(`/verify/${token}`, { json: { reject: true } }), 200);
  const { text } = assertStatus(await auth.get(`/verify/${token}`), 400);
  assert.match(text, /If you have verified your address already, just sign in\./);
  assert.match(text, /<a class="onward" href="https:\/\/app\.example\.com">/);
});

test('the page at / requests a new password if there is no client app', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  assertStatus(await auth.get('/../../..//?utm_source=mail'), 200);
  const [form] = findForms(assertStatus(await auth.get('/../../../'), 200).text);
  assert.deepEqual(form, { method: 'post', action: '/api/v1/auth/password-reset-request', sends: ['email'] });
  const asked = await auth.post('/password-reset-request', { form: { email: ada.email } });
  assert.match(getTitle(assertStatus(asked, 202).text), /^Check your inbox/);
  await auth.event('PasswordResetRequested', ada.email);
});

test('an invalid address in a form that requests a link is a fault of its field', async (context) => {
  const auth = await startTestAuth(context);
  const headers = { 'accept-language': 'de' };
  for (const path of ['/verification-request', '/password-reset-request']) {
    const { text } = assertStatus(await auth.post(path, { form: { email: 'ada@localhost' }, headers }), 400);
    assert.match(getTitle(text), /^Fehler: Neuen Link anfordern/);
    assert.match(text, /id="email-fault">Geben Sie eine gültige E-Mail-Adresse ein/);
    assert.equal(findForms(text)[0]?.action, `/api/v1/auth${path}`);
    const other = assertStatus(await auth.post(path, { form: { email: 'ada@example.com', x: '1' } }), 400);
    assert.match(getTitle(other.text), /^Something is missing or incorrect/);
    assertProblem(await auth.post(path, { json: { email: 'ada@localhost' } }), 400, 'validation_failed');
  }
});

test('a browser that opens any other address gets a page in its language', async (context) => {
  const auth = await startTestAuth(context);
  const headers = { accept: 'text/html', 'accept-language': 'fr' };
  for (const path of ['/nothing', '']) {
    const { text } = assertStatus(await auth.get(path, { headers }), 404);
    assert.match(getTitle(text), /^Page introuvable/);
    assert.match(text, /pages\.css/);
  }
  assert.match(
    getTitle(assertStatus(await auth.get('/login', { headers }), 405).text),
    /^Cela ne fonctionne pas ici/,
  );
  assertProblem(await auth.get('/nothing'), 404, 'not_found');
});

test('the page that follows a form has an address from which it can be reloaded', async (context) => {
  const auth = await startTestAuth(context);
  const ada = createTestPerson();
  await postSignUp(auth, ada, { headers: { 'accept-language': 'de' } });
  const token = await verificationToken(auth, ada.email);
  const done = assertStatus(await auth.post(`/verify/${token}`, { form: { password: ada.password } }), 200);
  const [, address = ''] = /<main [^>]*data-reload="\/api\/v1\/auth([^"]*)"/.exec(done.text) ?? [];
  assert.equal(assertStatus(await auth.get(address), 200).text, done.text);
  assert.equal(address, '/done/verified?lang=de');
  assertStatus(await auth.get('/done/anything'), 400);
  assert.doesNotMatch((await auth.get(`/verify/${token}`)).text, /data-reload/);
});
