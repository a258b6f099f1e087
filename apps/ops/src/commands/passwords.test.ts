import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

function listOf(counts: Readonly<Record<string, number>>): string {
  const lines = Object.entries(counts).map(
    ([password, count]) => `${hash('sha1', password).toUpperCase()}:${count}`,
  );
  return lines.toSorted().join('\r\n');
}

test('passwords import creates the file that auth reads', async (t) => {
  const folder = await createTemporaryFolder(t);
  const [list, file] = [join(folder, 'list.txt'), join(folder, 'breached.bin')];
  await writeFile(list, listOf({ 'correct horse battery': 200, 'plum gravel otter': 1 }));
  const all = await runCommandInProcess({}, 'passwords', 'import', list, file);
  assert.deepEqual([all.code, all.err], [0, '']);
  assert.equal(all.out, `${file}: 2 passwords. Set BREACHED_PASSWORDS_FILE to it.\n`);
  const often = await runCommandInProcess({}, 'passwords', 'import', list, file, '--least', '100');
  assert.equal(often.out, `${file}: 1 passwords. Set BREACHED_PASSWORDS_FILE to it.\n`);
});

test('passwords import says which line is wrong, and which option', async (t) => {
  const folder = await createTemporaryFolder(t);
  const [list, file] = [join(folder, 'list.txt'), join(folder, 'breached.bin')];
  await writeFile(list, 'hunter2\n');
  const malformed = await runCommandInProcess({}, 'passwords', 'import', list, file);
  assert.deepEqual([malformed.code, malformed.out], [1, '']);
  assert.equal(malformed.err, `ops: ${list}, line 1: must be a SHA-1 hash in hexadecimal, as HASH:COUNT\n`);
  const missing = await runCommandInProcess({}, 'passwords', 'import', join(folder, 'none.txt'), file);
  assert.equal(missing.code, 1);
  assert.match(missing.err, /^ops: [^\n]*none\.txt[^\n]*\n$/);
  const fewer = await runCommandInProcess({}, 'passwords', 'import', list, file, '--least', 'many');
  assert.match(fewer.err, /Expected a whole number from 1 to 1000000000/);
});
