import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '@latchkey/sqlite';
import { temporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

test('suppressions are added, listed without the address, and removed', async (t) => {
  const folder = await temporaryFolder(t);
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
  assert.equal((await ops('add', 'nobody')).code, 1);
});
