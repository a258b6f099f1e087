import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '@latchkey/sqlite';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

test('the file of a stopped standalone is rewritten, and erase --check no longer says that it may have remains', async (t) => {
  const folder = await createTemporaryFolder(t);
  function ops(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR: folder }, ...words);
  }
  const server = openDatabase({ folder, as: 'server' });
  await server.write(() => undefined, { erases: true });
  const refused = await ops('vacuum');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /held by another running server/);
  await server.close();
  const checked = await ops('erase', '--check', 'ada@example.com');
  assert.equal(checked.code, 0);
  assert.match(checked.err, /may still contain copies of erased data/);
  const { code, out } = await ops('vacuum');
  assert.deepEqual([code, out], [0, 'latchkey.sqlite was rewritten. It contains no erased data.\n']);
  assert.equal((await ops('erase', '--check', 'ada@example.com')).err, '');
});
