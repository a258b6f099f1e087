import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '@latchkey/sqlite';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

test('suppressions are added, listed without the address, and removed', async (t) => {
  const folder = await createTemporaryFolder(t);
  await openDatabase({ folder, as: 'server' }).close();
  function ops(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR: folder }, 'suppressions', ...words);
  }
  assert.equal((await ops('list')).out, 'No address is suppressed.\n');

  const all = await ops('add', 'Ada.Lovelace@example.com');
  assert.deepEqual([all.code, all.out], [0, 'a…@example.com gets no mail any more.\n']);
  const some = await ops('add', 'bob@example.com', '--mail', 'welcome', '--days', '30');
  assert.match(some.out, /^b…@example\.com gets no welcome mail until \d{4}-/);

  const { out } = await ops('list', '--json');
  const rows = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(rows.map(({ address, mail }) => [address, mail]).toSorted(), [
    ['a…@example.com', 'all'],
    ['b…@example.com', 'welcome'],
  ]);
  assert.ok(!out.toLowerCase().includes('lovelace'));
  const page = await ops('list', '--limit', '1');
  assert.match(page.err, /^There are more: --after [0-9a-f]{32}\/\w+\n$/);

  const removed = await ops('remove', 'ada.lovelace@EXAMPLE.com');
  assert.deepEqual([removed.code, removed.out], [0, 'a…@example.com gets mails again.\n']);
  const again = await ops('remove', 'ada.lovelace@example.com');
  assert.equal(again.code, 1);
  assert.match(again.err, /a…@example\.com is not suppressed for all/);
});

test('suppressions take an address as sign-up does, and the name of a mail', async (t) => {
  const folder = await createTemporaryFolder(t);
  await openDatabase({ folder, as: 'server' }).close();
  function ops(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR: folder }, 'suppressions', ...words);
  }
  assert.equal(
    (await ops('add', ' ada@BÜCHER.example ')).out,
    'a…@xn--bcher-kva.example gets no mail any more.\n',
  );
  assert.equal((await ops('remove', 'Ada@xn--bcher-kva.example')).code, 0);

  for (const address of [
    '',
    ' ',
    'nobody',
    'ada@example.com,eve@example.com',
    'Ada <ada@example.com>',
    'ada@localhost',
  ])
    for (const command of ['add', 'remove']) {
      const { code, err } = await ops(command, address);
      assert.equal(code, 1, address);
      assert.match(err, /is invalid for argument 'address'\. Expected an email address/);
    }
  for (const command of ['add', 'remove']) {
    const { code, err } = await ops(command, 'ada@example.com', '--mail', 'wellcome');
    assert.equal(code, 1);
    assert.match(err, /'wellcome' is invalid\. Allowed choices are all, account-disabled, .*, welcome\./);
  }
  assert.equal((await ops('list')).out, 'No address is suppressed.\n');
});
