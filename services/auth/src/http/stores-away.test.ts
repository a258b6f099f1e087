/** Tests the responses of auth while its store is unavailable. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestAuth } from '../testing/auth.fixture.ts';
import {
  assertProblem,
  createTestPerson,
  logInAndGetTokens,
  postLogin,
  postSignUp,
  signUpAndVerify,
} from '../testing/people.ts';
import { waitUntil } from '../testing/until.ts';

test('everything that needs a store answers 503 with Retry-After while it is down', async (context) => {
  const auth = await startTestAuth(context);
  const ada = await signUpAndVerify(auth);
  const { accessToken: token, refreshToken } = await logInAndGetTokens(auth, ada);
  const eve = createTestPerson('eve');
  await postSignUp(auth, eve);
  const link = (await auth.open(await auth.event('UserRegistered', eve.email))).token;
  auth.takeStore(true);

  const { email } = ada;
  const json = { newPassword: 'quite another passphrase', confirmNewPassword: 'quite another passphrase' };
  const replies = [
    await postSignUp(auth, createTestPerson()),
    await postSignUp(auth, createTestPerson(), { headers: { 'idempotency-key': 'a-key' } }),
    await postLogin(auth, ada),
    await postLogin(auth, createTestPerson('nobody')),
    await auth.post('/refresh', { json: { refreshToken } }),
    await auth.post('/logout', { json: { refreshToken } }),
    await auth.post('/password-reset-request', { json: { email } }),
    await auth.post('/verification-request', { json: { email } }),
    await auth.post('/verification-request', { token }),
    await auth.post(`/verify/${link}`),
    await auth.post(`/verify/${link}`, { json: { reject: true } }),
    await auth.post(`/verify/${link}`, { json: { password: eve.password } }),
    await auth.post(`/password-reset-confirm/${link}`, { json }),
    await auth.get('/sessions', { token }),
    await auth.post('/logout-all', { token }),
    await auth.get('/history', { token }),
    await auth.post('/change-password', { json: { currentPassword: ada.password, ...json }, token }),
  ];
  for (const reply of replies) {
    assertProblem(reply, 503, 'unavailable');
    assert.match(reply.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  }
  assert.equal((await auth.get(`/verify/${link}`)).status, 503);
  const health = await auth.service.health();
  const down = health.filter(({ needed, state }) => needed && state === 'down').map(({ name }) => name);
  assert.deepEqual(down, ['journal', 'sessions']);

  auth.takeStore(false);
  assert.equal((await postLogin(auth, ada)).status, 200);
  assert.equal((await auth.post(`/verify/${link}`, { json: { password: eve.password } })).status, 200);
});

test('a full disk makes operations that write fail with that reason, until there is space', async (context) => {
  const auth = await startTestAuth(context);
  async function stateOfStores() {
    const health = await auth.service.health();
    return health
      .filter(({ needed }) => needed)
      .map(({ name, state, detail }) => [name, state, detail].join(' '));
  }
  function told(words: string) {
    return waitUntil(async () => (await stateOfStores()).join() === `journal ${words},sessions ${words}`);
  }
  auth.database.exec(`PRAGMA max_page_count = ${auth.database.size() / 4096}`);
  let status = 201;
  while (status === 201) ({ status } = await postSignUp(auth, createTestPerson()));
  assert.equal(status, 503);
  await told('down the disk is full');
  auth.database.exec('PRAGMA max_page_count = 1000000');
  await told('ok ');
  assert.equal((await postSignUp(auth, createTestPerson())).status, 201);
});

test('only the account that cannot be read is unavailable', async (context) => {
  const auth = await startTestAuth(context);
  const [ada, grace] = [await signUpAndVerify(auth), await signUpAndVerify(auth, createTestPerson('grace'))];
  const { accessToken: token } = await logInAndGetTokens(auth, grace);
  const newer = `INSERT INTO journal_commit (stream, number, sequence, events, command_id, correlation_id, at)
    SELECT stream, max(number) + 1, max(sequence) + 1, '[{"type":"UserTeleported","version":1,"data":{}}]', 'a', 'b', at
    FROM journal_commit WHERE stream = ?`;
  await auth.database.write(() => void auth.database.prepare(newer).run(ada.id));
  assertProblem(await postLogin(auth, ada), 503, 'unavailable');
  assert.equal((await auth.get('/sessions', { token })).status, 200);
});
