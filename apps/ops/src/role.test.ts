import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createRegistry } from '@latchkey/process';
import { z } from 'zod';
import { composeStandalone } from '../../standalone/src/compose.ts';
import { message } from '../../standalone/src/mailbox/message.ts';
import { messagePage } from '../../standalone/src/mailbox/routes.ts';
import { readSettings } from '../../standalone/src/settings.ts';
import { getJson, silent, temporaryFolder } from '../../standalone/src/testing.ts';
import { runOps } from './testing/run-ops.ts';

function ops(folder: string, ...words: readonly string[]) {
  return runOps({ DATA_DIR: folder }, ...words);
}

const ada = { email: 'ada@example.com', password: 'correct horse battery' };
const token = z.object({ user: z.object({ role: z.string() }) });

async function running(t: TestContext) {
  const folder = await temporaryFolder(t);
  const config = readSettings({ PORT: '0', DATA_DIR: folder });
  const standalone = await composeStandalone(config, { logger: silent(), registry: createRegistry() });
  t.after(() => standalone.stop());
  await standalone.start();
  const { url } = standalone;
  function post(path: string, body?: object) {
    return fetch(`${url}/api/v1/auth/${path}`, {
      method: 'POST',
      ...(body ? { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
  }
  await post('signup', { ...ada, username: 'ada' });
  async function verify() {
    let found = await getJson(`${url}/mailbox/api/v1/messages`, messagePage);
    while (found.total === 0) found = await getJson(`${url}/mailbox/api/v1/messages`, messagePage);
    const { Text } = await getJson(`${url}/mailbox/api/v1/message/latest`, message);
    assert.equal((await post(`verify/${/[\w-]{64}/.exec(Text)?.[0]}`)).status, 200);
  }
  async function roleNow() {
    return token.parse(await (await post('login', ada)).json()).user.role;
  }
  return { folder, verify, roleNow };
}

test('the first admin is made beside the running server', async (t) => {
  const { folder, verify, roleNow } = await running(t);
  const early = await ops(folder, 'role', ada.email, 'admin');
  assert.deepEqual([early.code, early.out], [1, '']);
  assert.equal(early.err, `ops: no verified account has the address ${ada.email}\n`);

  await verify();
  const made = await ops(folder, 'role', ada.email, 'admin');
  assert.deepEqual([made.code, made.err], [0, '']);
  assert.match(made.out, /^ada@example\.com: user → admin\./);
  assert.equal(await roleNow(), 'admin');
  assert.match((await ops(folder, 'role', ada.email, 'admin')).out, /^ada@example\.com is admin already\.$/m);
  assert.equal((await ops(folder, 'role', 'Ada@Example.com', 'user')).code, 0);
  assert.equal(await roleNow(), 'user');
});

test('a folder that is not there is named, and nothing is made', async (t) => {
  const parent = await temporaryFolder(t);
  const missing = join(parent, 'missing');
  for (const folder of [missing, parent]) {
    const { code, out, err } = await ops(folder, 'role', ada.email, 'admin');
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^ops: [^\n]+\n$/);
    assert.ok(err.includes(folder), err);
  }
  assert.ok(!existsSync(missing));
  assert.deepEqual(await readdir(parent), []);
});

test('without a command, or asked for help, it says what there is', async (t) => {
  const folder = await temporaryFolder(t);
  for (const words of [[], ['help'], ['--help'], ['role', '--help']]) {
    const { code, out, err } = await ops(folder, ...words);
    assert.deepEqual([code, err], [0, ''], words.join(' '));
    assert.match(out, /^Usage: npm run ops -- <command>\n/);
  }
});

test('a wrong command is refused before any folder is looked for', async (t) => {
  const folder = join(await temporaryFolder(t), 'missing');
  const wrong: readonly (readonly [words: readonly string[], says: RegExp])[] = [
    [['rule'], /^ops: there is no command rule\n/],
    [['toString'], /^ops: there is no command toString\n/],
    [['role'], /^ops: role takes an address and a role, and nothing else\n/],
    [['role', ada.email], /^ops: role takes an address and a role, and nothing else\n/],
    [['role', ada.email, 'admin', 'now'], /^ops: role takes an address and a role, and nothing else\n/],
    [['role', ada.email, 'root'], /^ops: a role is user or admin, not root\n/],
  ];
  for (const [words, says] of wrong) {
    const { code, out, err } = await ops(folder, ...words);
    assert.deepEqual([code, out], [1, ''], words.join(' '));
    assert.match(err, says);
    assert.match(err, /Usage: npm run ops/);
  }
  assert.match((await ops(folder, 'role', 'nobody', 'admin')).err, /^ops: /);
});
