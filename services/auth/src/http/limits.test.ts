/** Tests the rate limits over HTTP: which requests are refused, and which are not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestAuth, type TestAuth } from '../testing/auth.fixture.ts';
import {
  assertProblem,
  assertStatus,
  createTestPerson,
  logInAndGetTokens,
  postLogin,
  postSignUp,
  signUpAndVerify,
  type TestPerson,
} from '../testing/people.ts';

const WRONG = 'not the password';
const HOME = '192.0.2.1';
const ELSEWHERE = '203.0.113.9';

function guess(auth: TestAuth, person: TestPerson, ip: string) {
  return postLogin(auth, { ...person, password: WRONG }, { ip });
}

/**
 * Sends a wrong password for a person's address from ten different IP addresses, which uses up the limit on
 * failed logins for this address.
 */
async function exhaust(auth: TestAuth, person: TestPerson): Promise<void> {
  for (let i = 0; i < 10; i += 1) {
    assertProblem(await guess(auth, person, `198.51.100.${i}`), 401, 'invalid_credentials');
  }
}

test('concurrent guesses cannot exceed the limit of an address, whether or not it exists', async (context) => {
  const auth = await startTestAuth(context);
  for (const person of [await signUpAndVerify(auth), createTestPerson('nobody')]) {
    const tries = Array.from({ length: 40 }, (_, i) => guess(auth, person, `198.51.100.${i}`));
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 401).length, 10);
    assert.equal(statuses.filter((status) => status === 429).length, 30);
  }
});

test('a correct password is no failure, however often it is sent', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  for (let i = 0; i < 12; i += 1) assertStatus(await postLogin(auth, ada, { ip: HOME }), 200);
  assertStatus(await postLogin(auth, ada, { ip: ELSEWHERE }), 200);
});

test('wrong guesses lock out the guesser and other strangers, but not the owner on a device that is signed in', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  await logInAndGetTokens(auth, ada, { ip: '2001:db8:1:2::1' });
  await exhaust(auth, ada);
  const refused = assertProblem(await postLogin(auth, ada, { ip: ELSEWHERE }), 429, 'rate_limited');
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  // This IP address is in the same /64 network as the one from which Ada logged in before, and is written in
  // full.
  assertStatus(await postLogin(auth, ada, { ip: '2001:0db8:0001:0002:ffff:0000:0000:0001' }), 200);
  assertProblem(await postLogin(auth, ada, { ip: '2001:db8:1:3::1' }), 429, 'rate_limited');
});

test('the owner can sign in from where the owner has signed in before, even if no session is left', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const { refreshToken } = await logInAndGetTokens(auth, ada, { ip: HOME });
  assertStatus(await auth.post('/logout', { json: { refreshToken } }), 204);
  await exhaust(auth, ada);
  assertProblem(await postLogin(auth, ada, { ip: ELSEWHERE }), 429, 'rate_limited');
  assertProblem(await guess(auth, ada, HOME), 401, 'invalid_credentials');
  assertStatus(await postLogin(auth, ada, { ip: HOME }), 200);
});

test('a session that has been ended opens no way past the limit', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const { refreshToken } = await logInAndGetTokens(auth, ada, { ip: ELSEWHERE });
  const refreshed = await auth.post('/refresh', { json: { refreshToken }, ip: HOME });
  const { accessToken } = assertStatus(refreshed, 200).json;
  assertStatus(await auth.post('/logout-all', { token: accessToken }), 204);
  await exhaust(auth, ada);
  assertProblem(await postLogin(auth, ada, { ip: HOME }), 429, 'rate_limited');
});

test('a session of a sign-up opens no way past the limit: its address may be a stranger', async (context) => {
  const auth = await startTestAuth(context);
  const eve = createTestPerson('eve');
  await postSignUp(auth, eve);
  await logInAndGetTokens(auth, eve, { ip: HOME });
  await exhaust(auth, eve);
  assertProblem(await postLogin(auth, eve, { ip: HOME }), 429, 'rate_limited');
});

test('a completed reset clears the count, and its IP address remains trusted when others guess again', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  await exhaust(auth, ada);
  assertStatus(await auth.post('/password-reset-request', { json: { email: ada.email } }), 202);
  const { token } = await auth.open(await auth.event('PasswordResetRequested', ada.email));
  const password = 'quite another passphrase';
  const json = { newPassword: password, confirmNewPassword: password };
  assertStatus(await auth.post(`/password-reset-confirm/${token}`, { json, ip: HOME }), 200);
  await exhaust(auth, ada);
  assertProblem(await postLogin(auth, { ...ada, password }, { ip: ELSEWHERE }), 429, 'rate_limited');
  assertStatus(await postLogin(auth, { ...ada, password }, { ip: HOME }), 200);
});

test('a wrong current password counts as a failed login', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const { accessToken: token } = await logInAndGetTokens(auth, ada, { ip: HOME });
  const json = { currentPassword: WRONG, newPassword: 'quite another passphrase' };
  for (let i = 0; i < 10; i += 1) {
    const reply = await auth.post('/change-password', { json, token, ip: ELSEWHERE });
    assertProblem(reply, 400, 'current_password_incorrect');
  }
  assertProblem(await auth.post('/change-password', { json, token, ip: ELSEWHERE }), 429, 'rate_limited');
  assertProblem(await postLogin(auth, ada, { ip: ELSEWHERE }), 429, 'rate_limited');
  const right = { ...json, currentPassword: ada.password };
  assertStatus(await auth.post('/change-password', { json: right, token, ip: HOME }), 200);
});

test('a wrong password at a link counts as a failed login; nothing is hashed for a dead one', async (context) => {
  const auth = await startTestAuth(context);
  const ada = createTestPerson();
  await postSignUp(auth, ada);
  const { token } = await auth.open(await auth.event('UserRegistered', ada.email));
  const wrong = { json: { password: WRONG }, ip: ELSEWHERE };
  assertProblem(await auth.post(`/verify/${'A'.repeat(64)}`, wrong), 400, 'token_invalid');
  for (let i = 0; i < 10; i += 1) {
    assertProblem(await auth.post(`/verify/${token}`, wrong), 400, 'password_incorrect');
  }
  assertProblem(await auth.post(`/verify/${token}`, wrong), 429, 'rate_limited');
  assertProblem(await postLogin(auth, ada, { ip: ELSEWHERE }), 429, 'rate_limited');
  // Ada, who owns the mailbox, can still set a new password with the link that was mailed to her: wrong
  // passwords of strangers must not lock her out.
  const json = { newPassword: 'quite another passphrase', confirmNewPassword: 'quite another passphrase' };
  assertStatus(await auth.post(`/verify/${token}`, { json, ip: ELSEWHERE }), 200);
  assertStatus(await postLogin(auth, { ...ada, password: json.newPassword }, { ip: ELSEWHERE }), 200);
});

test('a hundred failures from one network are enough, whatever the addresses', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_LOGIN_FAILURES_PER_IP: '12' });
  for (let i = 0; i < 12; i += 1) {
    assertProblem(await guess(auth, createTestPerson(), `2001:db8::${i}`), 401, 'invalid_credentials');
  }
  assertProblem(await guess(auth, createTestPerson(), '2001:db8::ffff'), 429, 'rate_limited');
  assertProblem(await guess(auth, createTestPerson(), '2001:db8:0:1::1'), 401, 'invalid_credentials');
});

test('sign-ups are limited by network', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_SIGNUPS_PER_IP: '2' });
  assertStatus(await postSignUp(auth, createTestPerson(), { ip: '2001:db8::1' }), 201);
  assertStatus(await postSignUp(auth, createTestPerson(), { ip: '2001:db8::2' }), 201);
  assertProblem(await postSignUp(auth, createTestPerson(), { ip: '2001:db8::3' }), 429, 'rate_limited');
  assertStatus(await postSignUp(auth, createTestPerson(), { ip: '2001:db8:0:1::1' }), 201);
});

test('a guessable password counts as a sign-up of its network, one of the wrong length does not', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_SIGNUPS_PER_IP: '2' });
  const ada = createTestPerson();
  for (const password of ['short', 'long '.repeat(30)]) {
    for (let i = 0; i < 3; i += 1)
      assertProblem(await postSignUp(auth, { ...ada, password }), 400, 'password_too_weak');
  }
  const guessable = { ...ada, password: 'password123' };
  for (let i = 0; i < 2; i += 1) assertProblem(await postSignUp(auth, guessable), 400, 'password_too_weak');
  assertProblem(await postSignUp(auth, guessable), 429, 'rate_limited');
  assertProblem(await postSignUp(auth, ada), 429, 'rate_limited');
});

test('requests for mail are limited by network, across both routes', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_MAIL_REQUESTS_PER_IP: '2' });
  function ask(path: string, ip: string) {
    return auth.post(path, { json: { email: createTestPerson().email }, ip });
  }
  assertStatus(await ask('/password-reset-request', '2001:db8::1'), 202);
  assertStatus(await ask('/verification-request', '2001:db8::2'), 202);
  assertProblem(await ask('/password-reset-request', '2001:db8::3'), 429, 'rate_limited');
});

test('over the mail limit the responses stay the same, and a link that works remains valid', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const nobody = createTestPerson('nobody');
  async function ask({ email }: TestPerson) {
    const { status, text } = await auth.post('/password-reset-request', { json: { email } });
    return `${status} ${text}`;
  }
  const answers = new Set<string>();
  for (let i = 0; i < 5; i += 1) for (const person of [ada, nobody]) answers.add(await ask(person));
  assert.equal(answers.size, 1);
  // The worker processes recorded requests in the order in which they were recorded. Record a last request
  // for another person, and wait for its event: all requests for Ada have then been processed.
  const grace = await signUpAndVerify(auth, createTestPerson('grace'));
  await ask(grace);
  await auth.event('PasswordResetRequested', grace.email);
  const requested = auth.eventsOf(ada.email).filter(({ type }) => type === 'PasswordResetRequested');
  assert.equal(requested.length, 3);
  const { token } = await auth.open(await auth.event('PasswordResetRequested', ada.email, 3));
  const json = { newPassword: 'quite another passphrase', confirmNewPassword: 'quite another passphrase' };
  assertStatus(await auth.post(`/password-reset-confirm/${token}`, { json }), 200);
  // Ada has used the link in her third mail. She has reached the mail limit, but none of her links works any
  // more, so auth mails her a new link.
  await ask(ada);
  await auth.event('PasswordResetRequested', ada.email, 4);
});

test('a sign-up over the mail limit is refused, whatever the address; another network gets its mail', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth, createTestPerson(), { ip: HOME });
  for (const { email, username, password } of [createTestPerson('eve'), ada]) {
    const person = { email, username, password };
    function signUpAs(i: number, ip: string) {
      return postSignUp(auth, { ...person, password: `password number ${i}` }, { ip });
    }
    const made = auth.eventsOf(person.email).filter(({ type }) => type === 'UserRegistered').length;
    const answers = new Set<string>();
    for (let i = 0; i < 3; i += 1) answers.add(assertStatus(await signUpAs(i, `198.51.100.${i}`), 201).text);
    assert.equal(answers.size, 1);
    assertProblem(await signUpAs(3, '198.51.100.3'), 429, 'rate_limited');
    assertStatus(await signUpAs(4, ELSEWHERE), 201);
    await auth.event('UserRegistered', person.email, made + 4);
    assertStatus(await postLogin(auth, { ...person, password: 'password number 4' }), 200);
    assertProblem(
      await postLogin(auth, { ...person, password: 'password number 3' }),
      401,
      'invalid_credentials',
    );
  }
});

test('no network uses up the mails of an address for a day; many do', async (context) => {
  const auth = await startTestAuth(context, {
    LIMIT_MAILS_PER_ADDRESS: '100',
    LIMIT_MAILS_PER_ADDRESS_AND_DAY: '6',
  });
  const ada = createTestPerson();
  function from(ip: string) {
    return postSignUp(auth, ada, { ip });
  }
  for (const net of ['192.0.2', '198.51.100', '203.0.113']) {
    assertStatus(await from(`${net}.1`), 201);
    assertStatus(await from(`${net}.2`), 201);
    assertProblem(await from(`${net}.3`), 429, 'rate_limited');
  }
  assertProblem(await from('2001:db8::1'), 429, 'rate_limited');
});

test('a sixth pending sign-up becomes a request for a link of the newest one', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_MAILS_PER_ADDRESS: '100' });
  const ada = createTestPerson();
  const answers = new Set<string>();
  for (let i = 0; i < 6; i += 1)
    answers.add((await postSignUp(auth, { ...ada, password: `password number ${i}` })).text);
  assert.equal(answers.size, 1);
  const event = await auth.event('PasswordResetRequested', ada.email);
  assert.equal(event.data.verifies, true);
  await auth.event('UserRegistered', ada.email, 5);
  assert.equal(auth.eventsOf(ada.email).filter(({ type }) => type === 'UserRegistered').length, 5);
  const { token } = await auth.open(event);
  const password = 'chosen by the reader of the mail';
  const json = { newPassword: password, confirmNewPassword: password };
  assertStatus(await auth.post(`/password-reset-confirm/${token}`, { json }), 200);
  assert.equal(assertStatus(await postLogin(auth, { ...ada, password }), 200).json.user.isVerified, true);
  for (let i = 0; i < 5; i += 1) {
    const stranger = { ...ada, password: `password number ${i}` };
    assertProblem(await postLogin(auth, stranger), 401, 'invalid_credentials');
  }
});

test('the limit on profile changes per hour covers all sessions of an account, and no other account', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_PROFILE_CHANGES: '3' });
  const ada = await signUpAndVerify(auth);
  async function change(token: string, firstName: string) {
    return auth.patch('/profile', { token, json: { firstName } });
  }
  for (const name of ['A', 'B', 'C'])
    assertStatus(await change((await logInAndGetTokens(auth, ada)).accessToken, name), 200);
  const { accessToken } = await logInAndGetTokens(auth, ada);
  assertProblem(await change(accessToken, 'D'), 429, 'rate_limited');
  const eve = await logInAndGetTokens(auth, await signUpAndVerify(auth));
  assertStatus(await change(eve.accessToken, 'Eve'), 200);
});

test('successful logins are limited per account, until a password is set', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_LOGINS: '3' });
  const ada = await signUpAndVerify(auth);
  const eve = await signUpAndVerify(auth, createTestPerson('eve'));
  let { accessToken: token } = await logInAndGetTokens(auth, ada, { ip: HOME });
  assertStatus(await postLogin(auth, ada, { ip: ELSEWHERE }), 200);
  assertProblem(await guess(auth, ada, ELSEWHERE), 401, 'invalid_credentials');
  assertStatus(await postLogin(auth, ada), 200);
  const refused = assertProblem(await postLogin(auth, ada, { ip: HOME }), 429, 'rate_limited');
  assert.ok(refused.json.retryAfter > 900);
  assertStatus(await postLogin(auth, eve), 200);

  const newPassword = 'quite another passphrase';
  const change = { currentPassword: ada.password, newPassword };
  assertStatus(await auth.post('/change-password', { token, json: change }), 200);
  for (let i = 0; i < 3; i += 1)
    token = (await logInAndGetTokens(auth, { ...ada, password: newPassword })).accessToken;
  assertProblem(await postLogin(auth, { ...ada, password: newPassword }), 429, 'rate_limited');
  assertStatus(await auth.post('/password-reset-request', { json: { email: ada.email } }), 202);
  const link = await auth.open(await auth.event('PasswordResetRequested', ada.email));
  const json = { newPassword: ada.password, confirmNewPassword: ada.password };
  assertStatus(await auth.post(`/password-reset-confirm/${link.token}`, { json }), 200);
  assertStatus(await postLogin(auth, ada), 200);
});

test('password changes are limited per account; a wrong current password is no change', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_PASSWORD_CHANGES: '3' });
  const ada = await signUpAndVerify(auth);
  let { accessToken: token } = await logInAndGetTokens(auth, ada);
  async function change(currentPassword: string, newPassword: string) {
    const reply = await auth.post('/change-password', { token, json: { currentPassword, newPassword } });
    if (reply.status === 200) token = reply.json.accessToken;
    return reply;
  }
  const next = 'quite another passphrase';
  assertProblem(await change(WRONG, next), 400, 'current_password_incorrect');
  assertProblem(await change(ada.password, 'short'), 400, 'password_too_weak');
  // A guessable password counts towards the limit, because checking whether a password is guessable is
  // expensive.
  assertProblem(await change(ada.password, 'password123'), 400, 'password_too_weak');
  assertStatus(await change(ada.password, next), 200);
  assertStatus(await change(next, ada.password), 200);
  assertProblem(await change(ada.password, next), 429, 'rate_limited');
  await auth.event('PasswordChanged', ada.email, 2);
  assertStatus(await postLogin(auth, ada), 200);
});

test('requests to end every session are limited per account', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_LOGOUTS_EVERYWHERE: '2' });
  const ada = await signUpAndVerify(auth);
  async function logoutEverywhere(person: TestPerson) {
    const { accessToken: token } = await logInAndGetTokens(auth, person);
    return auth.post('/logout-all', { token });
  }
  for (let i = 0; i < 2; i += 1) assertStatus(await logoutEverywhere(ada), 204);
  assertProblem(await logoutEverywhere(ada), 429, 'rate_limited');
  assertStatus(await logoutEverywhere(await signUpAndVerify(auth, createTestPerson('eve'))), 204);
});
