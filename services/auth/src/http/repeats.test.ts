/** Tests requests that clients send again because the response was lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestAuth } from '../testing/auth.fixture.ts';
import {
  assertProblem,
  assertStatus,
  createTestPerson,
  logInAndGetTokens,
  postLogin,
  postSignUp,
  signUpAndVerify,
} from '../testing/people.ts';

test('a sign-up with its Idempotency-Key makes one account and is counted once', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_SIGNUPS_PER_IP: '2' });
  const eve = createTestPerson('eve');
  const again = { headers: { 'idempotency-key': 'sign-up-1' } };
  const answers = new Set<string>();
  for (let i = 0; i < 6; i += 1) answers.add(assertStatus(await postSignUp(auth, eve, again), 201).text);
  assert.equal(answers.size, 1);
  // The six identical requests counted only once: towards the limit on sign-ups from this IP address, and
  // towards the limit on mails to this recipient. Another sign-up is therefore still allowed.
  assertStatus(await postSignUp(auth, { ...eve, password: 'another one of hers' }), 201);
  await auth.event('UserRegistered', eve.email, 2);
  assert.equal(auth.eventsOf(eve.email).length, 2);
  assertProblem(await postSignUp(auth, createTestPerson()), 429, 'rate_limited');
});

test('a sign-up that is repeated from another network with its Idempotency-Key makes no second account', async (context) => {
  const auth = await startTestAuth(context);
  const eve = createTestPerson('eve');
  const headers = { 'idempotency-key': 'sign-up-3' };
  const first = assertStatus(await postSignUp(auth, eve, { headers, ip: '192.0.2.1' }), 201);
  const second = assertStatus(await postSignUp(auth, eve, { headers, ip: '203.0.113.9' }), 201);
  assert.equal(second.text, first.text);
  await signUpAndVerify(auth, createTestPerson());
  assert.equal(auth.eventsOf(eve.email).length, 1);
});

test('of concurrent sign-ups with one Idempotency-Key, one creates an account', async (context) => {
  const auth = await startTestAuth(context);
  const eve = createTestPerson('eve');
  const again = { headers: { 'idempotency-key': 'sign-up-2' } };
  const replies = await Promise.all(Array.from({ length: 5 }, () => postSignUp(auth, eve, again)));
  for (const reply of replies) assertStatus(reply, 201);
  await auth.event('UserRegistered', eve.email);
  await signUpAndVerify(auth, createTestPerson());
  assert.equal(auth.eventsOf(eve.email).length, 1);
});

test('a mailing with its Idempotency-Key is one mailing and is counted once', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_MAILING_RECIPIENTS: '4' });
  const root = await signUpAndVerify(auth, createTestPerson('root'));
  await auth.makeAdmin(root.email);
  const { accessToken: token } = await logInAndGetTokens(auth, root);
  function send(key: string, ...addresses: string[]) {
    return auth.post('/send-mail', { json: { addresses }, token, headers: { 'idempotency-key': key } });
  }
  const first = assertStatus(await send('mailing-1', 'a@example.com', 'A@Example.com', 'b@example.com'), 202);
  const second = assertStatus(
    await send('mailing-1', 'a@example.com', 'A@Example.com', 'b@example.com'),
    202,
  );
  assert.equal(second.json.mailingId, first.json.mailingId);
  const three = ['c@example.com', 'd@example.com', 'e@example.com'];
  assertProblem(await send('mailing-2', ...three), 429, 'rate_limited');
  assertProblem(await send('mailing-1', 'c@example.com'), 422, 'idempotency_key_reused');
  assertStatus(await send('mailing-3', 'c@example.com'), 202);
  assertProblem(await send('mailing-4', 'f@example.com'), 429, 'rate_limited');
});

test('an Idempotency-Key that comes with another body is refused, and nothing is made', async (context) => {
  const auth = await startTestAuth(context);
  const eve = createTestPerson('eve');
  const again = { headers: { 'idempotency-key': '1' } };
  assertStatus(await postSignUp(auth, eve, again), 201);
  const other = { ...eve, password: 'the password of a stranger' };
  assertProblem(await postSignUp(auth, other, again), 422, 'idempotency_key_reused');
  assertProblem(await postLogin(auth, other), 401, 'invalid_credentials');
  // An idempotency key identifies a request only together with the client's network, so an attacker elsewhere
  // gains nothing by guessing a key.
  assertStatus(await postSignUp(auth, other, { ...again, ip: '203.0.113.9' }), 201);
  assertStatus(await postLogin(auth, other), 200);
});

test('a request over its limit binds no Idempotency-Key', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_SIGNUPS_PER_IP: '1', LIMIT_MAILING_RECIPIENTS: '1' });
  const [home, neighbour] = ['192.0.2.1', '192.0.2.2'];
  const key = { headers: { 'idempotency-key': '1' } };
  assertStatus(await postSignUp(auth, createTestPerson(), { ip: home }), 201);
  assertProblem(await postSignUp(auth, createTestPerson(), { ...key, ip: home }), 429, 'rate_limited');
  assertStatus(await postSignUp(auth, createTestPerson(), { ...key, ip: neighbour }), 201);

  const root = await signUpAndVerify(auth, createTestPerson('root'), { ip: '198.51.100.1' });
  await auth.makeAdmin(root.email);
  const { accessToken: token } = await logInAndGetTokens(auth, root);
  const two = { addresses: ['a@example.com', 'b@example.com'] };
  assertProblem(await auth.post('/send-mail', { json: two, token, ...key }), 429, 'rate_limited');
  assertStatus(await auth.post('/send-mail', { json: { addresses: ['a@example.com'] }, token, ...key }), 202);
});

test('sign-ups, resets and mailings that fail use up no limit', async (context) => {
  const auth = await startTestAuth(context, { LIMIT_SIGNUPS_PER_IP: '2', LIMIT_MAIL_REQUESTS_PER_IP: '2' });
  const eve = createTestPerson('eve');
  const again = { headers: { 'idempotency-key': 'sign-up-3' } };
  auth.takeStore(true);
  for (let i = 0; i < 4; i += 1) {
    assertProblem(await postSignUp(auth, eve, again), 503, 'unavailable');
    const json = { email: eve.email };
    assertProblem(await auth.post('/password-reset-request', { json }), 503, 'unavailable');
  }
  auth.takeStore(false);
  assertStatus(await postSignUp(auth, eve, again), 201);
  await auth.event('UserRegistered', eve.email);
  assertStatus(await auth.post('/password-reset-request', { json: { email: eve.email } }), 202);
  await auth.event('PasswordResetRequested', eve.email);
});

test('the envelope of an event names what caused it', async (context) => {
  const auth = await startTestAuth(context);
  const eve = createTestPerson('eve');
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await postSignUp(auth, eve, { headers: { 'x-request-id': 'request-of-eve', traceparent } });
  const event = await auth.event('UserRegistered', eve.email);
  assert.equal(event.correlationId, 'request-of-eve');
  assert.equal(event.traceparent, traceparent);
  assert.match(event.causationId, /^[\da-f-]{36}$/);
});

test('operations are counted by outcome', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  await logInAndGetTokens(auth, ada);
  assertProblem(
    await auth.post('/login', { json: { email: ada.email, password: 'wrong' } }),
    401,
    'invalid_credentials',
  );
  const metrics = await auth.registry.metrics();
  for (const line of [
    'latchkey_auth_operations_total{operation="signUp",outcome="ok"} 1',
    'latchkey_auth_operations_total{operation="login",outcome="ok"} 1',
    'latchkey_auth_operations_total{operation="login",outcome="invalid_credentials"} 1',
    'latchkey_auth_passwords{state="waiting"} 0',
    'latchkey_auth_written_requests 0',
  ]) {
    assert.ok(metrics.includes(line), line);
  }
  assert.ok(!metrics.includes(ada.email) && !metrics.includes(ada.username));
});
