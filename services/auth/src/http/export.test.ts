import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ExportedMail, exportDocumentSchema } from '@latchkey/export';
import { SentMailsUnavailable } from '../ports/mails.ts';
import { startTestAuth, type TestAuth } from '../testing/auth.fixture.ts';
import {
  assertProblem,
  assertStatus,
  createTestPerson,
  logInAndGetTokens,
  postSignUp,
  signUpAndVerify,
} from '../testing/people.ts';
import { waitUntil } from '../testing/until.ts';

const ID = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';
const MAIL: ExportedMail = {
  id: ID,
  mail: 'verify-email',
  eventId: ID,
  at: '2026-11-29T09:30:00.000Z',
  state: 'sent',
  attempts: [],
};

async function withMails(
  context: TestContext,
  mails: (account: string, token: string) => AsyncIterable<ExportedMail>,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestAuth> {
  return startTestAuth(context, settings, { mails: { toOwner: mails } });
}

async function signedIn(auth: TestAuth) {
  const ada = await signUpAndVerify(auth);
  return { ...ada, token: (await logInAndGetTokens(auth, ada)).accessToken };
}

test('the owner exports the account with the password, and sees that in the history', async (context) => {
  const asked: string[] = [];
  const auth = await withMails(context, async function* (account, token) {
    asked.push(account, token);
    yield MAIL;
  });
  const { token, password, email, id } = await signedIn(auth);

  assertProblem(await auth.post('/export', { json: { password } }), 401, 'unauthenticated');
  assertProblem(
    await auth.post('/export', { token, json: { password: 'another' } }),
    400,
    'password_incorrect',
  );
  await waitUntil(async () => auth.securityEvents().some(({ type }) => type === 'LoginFailed'));
  const reply = assertStatus(await auth.post('/export', { token, json: { password } }), 200);
  assert.equal(reply.headers.get('content-disposition'), 'attachment; filename="account.json"');
  assert.equal(reply.headers.get('cache-control'), 'no-store');
  const document = exportDocumentSchema.parse(reply.json);
  assert.equal(document.profile.email, email);
  assert.deepEqual(
    document.events.map(({ type }) => type),
    ['UserRegistered', 'AccountVerified'],
  );
  assert.deepEqual(document.mails, [MAIL]);
  assert.equal(document.sessions.length, 1);
  assert.ok(document.signIns.some(({ type, during }) => type === 'LoginFailed' && during === 'export'));
  assert.deepEqual(asked, [id, token]);
  await waitUntil(async () => auth.securityEvents().some(({ type }) => type === 'DataExported'));
  const recorded = auth.securityEvents().find(({ type }) => type === 'DataExported');
  assert.equal(recorded && 'accountId' in recorded.data && recorded.data.accountId, id);
});

test('the export of an unverified account lists no mails, because its address may belong to somebody else', async (context) => {
  const auth = await withMails(context, async function* () {
    yield MAIL;
  });
  const eve = createTestPerson('eve');
  assertStatus(await postSignUp(auth, eve), 201);
  const { accessToken: token } = await logInAndGetTokens(auth, eve);
  const reply = assertStatus(await auth.post('/export', { token, json: { password: eve.password } }), 200);
  assert.deepEqual(exportDocumentSchema.parse(reply.json).mails, []);
});

test('exports are limited per account, and one that fails does not count', async (context) => {
  let isAway = true;
  const auth = await withMails(
    context,
    async function* () {
      if (isAway) throw new SentMailsUnavailable('away');
      yield MAIL;
    },
    { LIMIT_EXPORTS: '1' },
  );
  const { token, password } = await signedIn(auth);
  const ask = { token, json: { password } };
  for (const _ of Array(2).keys()) assertProblem(await auth.post('/export', ask), 503, 'unavailable');
  isAway = false;
  assertStatus(await auth.post('/export', ask), 200);
  assertProblem(await auth.post('/export', ask), 429, 'rate_limited');
});

test('a document that cannot be finished breaks the connection off', async (context) => {
  const auth = await withMails(context, async function* () {
    yield MAIL;
    throw new SentMailsUnavailable('away');
  });
  const { token, password } = await signedIn(auth);
  await assert.rejects(auth.post('/export', { token, json: { password } }), TypeError);
});
