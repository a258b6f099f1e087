/**
 * Tests that people can change the email address of their account, and undo a change that a thief has made.
 * The tests use only HTTP, mails and ops commands.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { assertProblem, assertStatus, createClient } from './support/client.ts';
import { createMailbox, extractLink } from './support/mailbox.ts';
import { createPersonActions, createUniquePerson } from './support/people.ts';
import { startStandalone } from './support/standalone.ts';

const system = await startStandalone({ LIMITS: 'off', ERASURE_GRACE_DAYS: '0' });
after(() => system.stop());
const client = createClient(system.url);
const mailbox = createMailbox(system.mailbox);
const people = createPersonActions(client, mailbox);

const CONFIRM = 'Confirm your new email address';
const CHANGED = 'Your email address was changed';
const DAY_MS = 24 * 3_600_000;

/** Creates a verified account and signs in to it. */
async function signedIn(name: string) {
  const person = await people.verified(createUniquePerson(name));
  return { ...person, ...(await people.login(person)) };
}

/** Creates an account, and changes its email address to a new one. */
async function moved(name: string) {
  const person = await signedIn(name);
  const { email: newEmail } = createUniquePerson('new');
  const { password, accessToken: token } = person;
  assertStatus(await client.post('/auth/change-email', { token, json: { newEmail, password } }), 202);
  const link = extractLink(await mailbox.next(newEmail, CONFIRM));
  assertStatus(await client.post(`/auth/change-email/${link.token}`, { json: { password } }), 200);
  return { ...person, newEmail };
}

function takeBack(token: string, newPassword: string) {
  const json = { newPassword, confirmNewPassword: newPassword };
  return client.post(`/auth/undo-email-change/${token}`, { json });
}

async function loginStatus(email: string, password: string): Promise<number> {
  return (await client.post('/auth/login', { json: { email, password } })).status;
}

test('the new address and the password confirm a change; login and mails follow it', async () => {
  const { id, email, newEmail, password, accessToken: token } = await moved('mover');
  assert.deepEqual(
    await Promise.all([loginStatus(newEmail, password), loginStatus(email, password)]),
    [200, 401],
  );
  assert.match(
    await system.ops('accounts', 'email', id),
    new RegExp(`${newEmail}[^]*${email}, can be restored`),
  );
  assertStatus(await client.post('/auth/password-reset-request', { json: { email: newEmail } }), 202);
  await mailbox.next(newEmail, 'Reset your password');
  const again = { newEmail: createUniquePerson().email, password };
  assertProblem(await client.post('/auth/change-email', { token, json: again }), 409, 'email_change_recent');
});

test('an address in use gets the same response: its owner is notified, and nothing else happens', async () => {
  const [ada, eve] = [await signedIn('ada'), await signedIn('eve')];
  const { password, accessToken: token } = ada;
  const answers = [];
  for (const newEmail of [createUniquePerson('free').email, eve.email]) {
    const { status, text } = await client.post('/auth/change-email', { token, json: { newEmail, password } });
    answers.push([status, text]);
  }
  assert.deepEqual(answers[0], answers[1]);
  const { text } = await mailbox.next(eve.email, 'This address is already in use');
  assert.ok(!text.includes(ada.username) && !text.includes(ada.email));
  assert.equal(await loginStatus(eve.email, eve.password), 200);
});

test('a thief can neither keep nor erase an account that the previous address takes back', async () => {
  const { email, newEmail, password, accessToken: token } = await moved('victim');
  const erased = assertStatus(await client.post('/auth/account/erase', { token, json: { password } }), 202);
  assert.ok(Date.parse(erased.json.eraseAt) > Date.now() + 6 * DAY_MS);
  const { token: undo } = extractLink(await mailbox.next(email, CHANGED));
  const page = assertStatus(await client.get(`/auth/undo-email-change/${undo}`), 200);
  assert.ok(page.text.includes(email));
  const chosen = 'chosen by the holder of the mailbox';
  assertStatus(await takeBack(undo, chosen), 200);
  assertProblem(await takeBack(undo, chosen), 400, 'token_invalid');
  assertProblem(await client.get('/auth/sessions', { token }), 401, 'unauthenticated');
  assert.deepEqual(
    await Promise.all([
      loginStatus(email, chosen),
      loginStatus(email, password),
      loginStatus(newEmail, password),
    ]),
    [200, 401, 401],
  );
  // Check that the new address is free again: another person can sign up with it.
  await people.verified({ ...createUniquePerson('next'), email: newEmail });
});

test('an operator takes the account back for an owner who has lost the mail', async () => {
  const { email, newEmail, password, accessToken: token } = await moved('forgetful');
  assert.match(await system.ops('accounts', 'email', email, '--undo'), new RegExp(`${email} again`));
  assertProblem(await client.get('/auth/sessions', { token }), 401, 'unauthenticated');
  assert.deepEqual(
    await Promise.all([loginStatus(email, password), loginStatus(newEmail, password)]),
    [401, 401],
  );
  assertStatus(await client.post('/auth/password-reset-request', { json: { email } }), 202);
  const { token: reset } = extractLink(await mailbox.next(email, 'Reset your password'));
  const json = { newPassword: 'chosen once more', confirmNewPassword: 'chosen once more' };
  assertStatus(await client.post(`/auth/password-reset-confirm/${reset}`, { json }), 200);
  assert.equal(await loginStatus(email, 'chosen once more'), 200);
});
