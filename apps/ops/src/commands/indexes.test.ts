import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '@latchkey/sqlite';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

test('on a data folder there is nothing to create', async (t) => {
  const folder = await createTemporaryFolder(t);
  await openDatabase({ folder, as: 'server' }).close();
  assert.deepEqual(await runCommandInProcess({ DATA_DIR: folder }, 'indexes'), {
    code: 0,
    out: '',
    err: 'nothing to create: a data folder has no indexes of its own\n',
  });
});
