/** Tests that the response to an invalid request reports all errors together, in the reader's language. */
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

interface Fault {
  readonly pointer: string;
  readonly code: string;
}

function codesOf(json: { readonly errors?: readonly Fault[] }): readonly string[] {
  return (json.errors ?? []).map(({ pointer, code }) => `${pointer} ${code}`);
}

test('the wrong length of a password is reported together with other faults of a sign-up, its weakness alone', async (context) => {
  const auth = await startTestAuth(context);
  async function refused(json: object, code: string) {
    return codesOf(assertProblem(await auth.post('/signup', { json }), 400, code).json);
  }
  const { email, password } = createTestPerson('ada');
  assert.deepEqual(await refused({ email, password: 'short', username: 'a b' }, 'validation_failed'), [
    '#/username invalid',
    '#/password too_short',
  ]);
  assert.deepEqual(await refused({ email, password: email, username: 'a b' }, 'validation_failed'), [
    '#/username invalid',
  ]);
  assert.deepEqual(await refused({ email, password: email, username: 'ada' }, 'password_too_weak'), [
    '#/password own_words',
  ]);
  assert.deepEqual(await refused({ email, password: 'password123', username: 'ada' }, 'password_too_weak'), [
    '#/password common',
  ]);
  assert.deepEqual(await refused({ email, password, username: 'a b' }, 'validation_failed'), [
    '#/username invalid',
  ]);
  assert.deepEqual(await refused({ email, password: 7, username: 'ada' }, 'validation_failed'), [
    '#/password wrong_type',
  ]);
});

test('a password change names every fault, and a wrong field by its pointer', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const { accessToken: token } = await logInAndGetTokens(auth, ada);
  async function refused(json: object, code: string) {
    return codesOf(assertProblem(await auth.post('/change-password', { json, token }), 400, code).json);
  }
  assert.deepEqual(await refused({ newPassword: 'short' }, 'validation_failed'), [
    '#/currentPassword required',
    '#/newPassword too_short',
  ]);
  const newPassword = 'quite another passphrase';
  assert.deepEqual(await refused({ currentPassword: 'wrong', newPassword }, 'current_password_incorrect'), [
    '#/currentPassword current_password_incorrect',
  ]);
  const unequal = { currentPassword: ada.password, newPassword, confirmNewPassword: 'something else' };
  assert.deepEqual(await refused(unequal, 'passwords_do_not_match'), [
    '#/confirmNewPassword passwords_do_not_match',
  ]);
});

test('a wrong password is named by the field that has it', async (context) => {
  const auth = await startTestAuth(context);
  const { accessToken: token } = await logInAndGetTokens(auth, await signUpAndVerify(auth));
  for (const [path, fields] of [
    ['/account/erase', {}],
    ['/change-email', { newEmail: createTestPerson('countess').email }],
  ] as const) {
    const refused = await auth.post(path, { token, json: { password: 'wrong', ...fields } });
    assert.deepEqual(codesOf(assertProblem(refused, 400, 'password_incorrect').json), [
      '#/password password_incorrect',
    ]);
  }
});

test('messages are German for a reader who prefers it, and the codes stay', async (context) => {
  const auth = await startTestAuth(context);
  const headers = { 'Accept-Language': 'de-CH, en;q=0.5' };
  const { email } = createTestPerson('ada');
  const weak = { email, password: 'short', username: 'ada' };
  const refused = assertProblem(
    await auth.post('/signup', { json: weak, headers }),
    400,
    'password_too_weak',
  );
  assert.equal(refused.headers.get('content-language'), 'de');
  assert.equal(refused.json.title, 'Passwort zu schwach');
  assert.equal(refused.json.detail, 'Das Passwort muss mindestens 10 Zeichen haben.');
  assert.equal(refused.json.errors[0].message, 'muss mindestens 10 Zeichen haben');

  const wrong = await auth.post('/login', { json: { email, password: 'wrong' }, headers });
  assert.equal(
    assertProblem(wrong, 401, 'invalid_credentials').json.detail,
    'Falsche E-Mail-Adresse oder falsches Passwort.',
  );
  const anonymous = assertProblem(await auth.get('/sessions', { headers }), 401, 'unauthenticated').json;
  assert.match(anonymous.detail, /^Senden Sie ein Access-Token/);
  const fault = assertProblem(
    await auth.post('/login', { json: { email: 'x' }, headers }),
    400,
    'validation_failed',
  );
  assert.deepEqual(
    fault.json.errors.map(({ message }: { message: string }) => message),
    ['muss eine E-Mail-Adresse sein, zum Beispiel ada@example.com', 'fehlt'],
  );
});

test('the description has the rules of passwords, names and addresses', async (context) => {
  const auth = await startTestAuth(context);
  const { json } = assertStatus(await auth.get('/openapi.json', {}), 200);
  const { schema } = json.paths['/api/v1/auth/signup'].post.requestBody.content['application/json'];
  const { email, password, username, firstName } = schema.properties;
  assert.deepEqual([password.minLength, password.maxLength, password.format], [10, 128, 'password']);
  assert.match(password.description, /hard to guess/);
  assert.deepEqual([email.minLength, email.maxLength, email.format], [5, 320, 'email']);
  assert.equal(username.pattern, '^[A-Za-z0-9_-]{3,32}$');
  assert.equal(firstName.minLength, 1);
});
