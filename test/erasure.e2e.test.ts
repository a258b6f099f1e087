/** Tests the erasure of an account, from the request until the data folder contains no personal data of its owner. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCommandInProcess } from '../apps/ops/src/testing/run-in-process.ts';
import { assertProblem, assertStatus, createClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { createMailbox, extractLink } from './support/mailbox.ts';
import { createAdmin, createPersonActions, createUniquePerson, type Person } from './support/people.ts';
import { startStandalone } from './support/standalone.ts';

const system = await startStandalone();
after(() => system.stop());
const client = createClient(system.url);
const mailbox = createMailbox(system.mailbox);
const people = createPersonActions(client, mailbox);
const admin = await createAdmin(system, people);

/** Returns the files of the data folder that contain a string, ignoring case. */
async function filesWith(words: string): Promise<readonly string[]> {
  const files = await readdir(system.folder);
  const contents = await Promise.all(files.map((file) => readFile(join(system.folder, file), 'latin1')));
  return files.filter((_, index) => contents[index]?.toLowerCase().includes(words.toLowerCase()));
}

/** Creates a person whose account has many kinds of events. */
async function busyPerson(name: string): Promise<Person & { readonly id: string; readonly token: string }> {
  const person = await people.verified(createUniquePerson(name));
  const { id, accessToken: token } = await people.login(person);
  const names = { firstName: `Augusta ${person.username}`, lastName: 'Byron' };
  assertStatus(await client.patch('/auth/profile', { token, json: names }), 200);
  assertStatus(await client.post('/auth/password-reset-request', { json: { email: person.email } }), 202);
  await mailbox.next(person.email, 'Reset your password');
  return { ...person, id, token };
}

interface Certificate {
  readonly receipts: readonly { readonly consumer: string }[];
  readonly confirmed: boolean;
  readonly overdue: boolean;
}

async function certificateOf(id: string): Promise<Certificate> {
  const [found] = (await system.ops('erasures', 'list', '--json'))
    .split('\n')
    .filter((line) => line.includes(id));
  return found === undefined ? { receipts: [], confirmed: false, overdue: false } : JSON.parse(found);
}

/** Returns the stores in which `ops erase --check` still finds data of the person. */
async function tracesOf(account: string): Promise<readonly string[]> {
  const checked = await runCommandInProcess(
    { DATA_DIR: system.folder },
    'erase',
    '--check',
    account,
    '--json',
  );
  assert.match(checked.err, /^(?:latchkey\.sqlite may still contain copies of erased data .*\n)?$/);
  assert.equal(checked.code, checked.out === '' ? 0 : 1);
  return checked.out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).place);
}

test('an owner erases the account, and keeps it by the link of the mail', async () => {
  const { email, password, token } = await busyPerson('keeper');
  const wrong = await client.post('/auth/account/erase', { token, json: { password: 'not the password' } });
  assertProblem(wrong, 400, 'password_incorrect');
  const { json } = assertStatus(await client.post('/auth/account/erase', { token, json: { password } }), 202);
  const link = extractLink(await mailbox.next(email, 'Your account will be erased'));
  assertProblem(await client.post('/auth/login', { json: { email, password } }), 403, 'account_disabled');
  const page = await client.get(`/auth/erase/${link.token}`);
  assert.match(assertStatus(page, 200).text, new RegExp(`datetime="${json.eraseAt}"`));
  assertStatus(await client.post(`/auth/erase/${link.token}`), 200);
  assertProblem(await client.post(`/auth/erase/${link.token}`), 400, 'token_invalid');
  await people.login({ email, password });
});

test('an erased person is in no file of the data folder, and in no answer', async () => {
  const { id, email, username } = await busyPerson('leaver');
  assert.notDeepEqual(await filesWith(username), []);
  const stores = ['journal_commit', 'user_profiles_v1', 'mailbox_messages', 'accounts.events.v1'];
  await eventually('every store names the person', async () => {
    const places = await tracesOf(email);
    return stores.every((store) => places.includes(store));
  });
  assert.ok((await tracesOf(id)).includes('accounts.events.v1'));
  await system.ops('erase', email, '--now');
  await eventually('no place names the person', async () => (await tracesOf(email)).length === 0);
  await eventually('no event names the person', async () => (await tracesOf(id)).length === 0);
  await eventually('no file names the person', async () => (await filesWith(username)).length === 0);
  const token = admin.accessToken;
  assertProblem(await client.get(`/users/${id}`, { token }), 404, 'not_found');
  const { json } = assertStatus(await client.get(`/auth/accounts/${id}/history`, { token }), 200);
  assert.equal(json.events.at(-1).type, 'AccountErased');
  assert.ok(!system.output().includes(username));
  assert.match(await system.ops('verify'), /Everything agrees/);
  await eventually('every service has confirmed', async () => (await certificateOf(id)).confirmed);
  const { receipts, overdue } = await certificateOf(id);
  assert.deepEqual(receipts.map(({ consumer }) => consumer).toSorted(), ['auth', 'notifier', 'user']);
  assert.equal(overdue, false);
  assert.match(await system.ops('erasures', 'list'), new RegExp(`^${id} .* no$`, 'm'));
});

test('an admin has an account erased, and can undo that', async () => {
  const { id, email, password } = await busyPerson('other');
  const token = admin.accessToken;
  assertProblem(await client.delete(`/auth/accounts/${admin.id}`, { token }), 409, 'own_account');
  assertStatus(await client.delete(`/auth/accounts/${id}`, { token }), 202);
  assertProblem(await client.post('/auth/login', { json: { email, password } }), 403, 'account_disabled');
  assertStatus(await client.post(`/auth/accounts/${id}/enable`, { token }), 200);
  await people.login({ email, password });
});
