import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createMetricsRegistry } from '@latchkey/process';
import { z } from 'zod';
import { composeStandalone } from '../../../standalone/src/compose.ts';
import { mailMessageSchema } from '../../../standalone/src/mailbox/message.ts';
import { mailMessagePageSchema } from '../../../standalone/src/mailbox/routes.ts';
import { readStandaloneSettings } from '../../../standalone/src/settings.ts';
import { createSilentLogger, createTemporaryFolder, fetchJson } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';
import { runOps } from '../testing/run-ops.ts';

function ops(folder: string, ...words: readonly string[]) {
  return runCommandInProcess({ DATA_DIR: folder }, ...words);
}

const ada = { email: 'ada@example.com', password: 'correct horse battery' };
const token = z.object({ user: z.object({ role: z.string() }) });

async function running(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  const config = readStandaloneSettings({ PORT: '0', DATA_DIR: folder });
  const standalone = await composeStandalone(config, {
    logger: createSilentLogger(),
    registry: createMetricsRegistry(),
  });
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
    let found = await fetchJson(`${url}/mailbox/api/v1/messages`, mailMessagePageSchema);
    while (found.total === 0)
      found = await fetchJson(`${url}/mailbox/api/v1/messages`, mailMessagePageSchema);
    const { Text } = await fetchJson(`${url}/mailbox/api/v1/message/latest`, mailMessageSchema);
    const { password } = ada;
    assert.equal((await post(`verify/${/[\w-]{64}/.exec(Text)?.[0]}`, { password })).status, 200);
  }
  async function roleNow() {
    return token.parse(await (await post('login', ada)).json()).user.role;
  }
  return { folder, verify, roleNow };
}

test('the first admin is made while the server runs', async (t) => {
  const { folder, verify, roleNow } = await running(t);
  const early = await ops(folder, 'role', ada.email, 'admin');
  assert.deepEqual([early.code, early.out], [1, '']);
  assert.equal(early.err, `ops: no verified account has the address ${ada.email}\n`);

  await verify();
  const made = await runOps({ DATA_DIR: folder }, 'role', ada.email, 'admin');
  assert.deepEqual([made.code, made.err], [0, '']);
  assert.match(made.out, /^ada@example\.com: user → admin\./);
  assert.equal(await roleNow(), 'admin');
  assert.match((await ops(folder, 'role', ada.email, 'admin')).out, /^ada@example\.com is admin already\.$/m);
  const last = await ops(folder, 'role', 'Ada@Example.com', 'user');
  assert.deepEqual([last.code, last.out], [1, '']);
  assert.equal(last.err, 'ops: Ada@Example.com is the last admin: make another account an admin first\n');
  assert.equal(await roleNow(), 'admin');
});

test('an address that nobody verified has is an error of one line', async (t) => {
  const { folder } = await running(t);
  for (const email of ['nobody@example.com', 'no address']) {
    const { code, out, err } = await ops(folder, 'role', email, 'admin');
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^ops: [^\n]+\n$/);
  }
});

test('a missing data folder is named, and nothing is created', async (t) => {
  const parent = await createTemporaryFolder(t);
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
