import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { startStandalone } from '../testing/people.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

test('an account without a change of address has nothing to undo', async (t) => {
  const DATA_DIR = await createTemporaryFolder(t);
  const town = await startStandalone(DATA_DIR);
  t.after(() => town.stop());
  const id = await town.signUpAndVerify('ada');
  function email(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR }, 'accounts', 'email', ...words);
  }
  const shown = await email('ada@example.com');
  assert.deepEqual([shown.code, shown.err], [0, '']);
  assert.match(shown.out, new RegExp(`^account\\s+${id}\\naddress\\s+ada@example\\.com\\n$`));
  const undone = await email(id, '--undo');
  assert.deepEqual([undone.code, undone.out], [1, '']);
  assert.equal(undone.err, `ops: ${id} has no change of address that can be undone\n`);
  const canceled = await email(id, '--cancel');
  assert.deepEqual([canceled.code, canceled.out], [1, '']);
  assert.equal(canceled.err, `ops: ${id} has no requested change of address\n`);
  const nobody = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';
  for (const words of [[nobody], [nobody, '--cancel'], [nobody, '--undo']]) {
    const { code, err } = await email(...words);
    assert.deepEqual([code, err], [1, `ops: there is no account ${nobody}, or it has ended already\n`]);
  }
});

test('a change of address that was requested is shown until it is canceled', async (t) => {
  const DATA_DIR = await createTemporaryFolder(t);
  const town = await startStandalone(DATA_DIR);
  t.after(() => town.stop());
  const id = await town.signUpAndVerify('ada');
  await town.changeEmail('ada', 'countess@example.com');
  function email(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR }, 'accounts', 'email', ...words);
  }
  assert.match((await email(id)).out, /^requested\s+countess@example\.com, can be confirmed until /m);
  assert.deepEqual(await email('ada@example.com', '--cancel'), {
    code: 0,
    out: 'The change of address is canceled: its link no longer works.\n',
    err: '',
  });
  assert.match((await email(id)).out, new RegExp(`^account\\s+${id}\\naddress\\s+ada@example\\.com\\n$`));
  await town.changeEmail('ada', 'eve@example.com');
});
