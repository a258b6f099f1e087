import assert from 'node:assert/strict';
import { constants } from 'node:buffer';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { countTracesInFiles } from './find-traces.ts';

const MEBIBYTE = 1024 * 1024;

/**
 * Creates a file that contains the given strings at the given offsets, and zeros elsewhere.
 * @returns the folder of the file
 */
async function folderWith(context: TestContext, size: number, texts: Readonly<Record<number, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-traces-'));
  context.after(() => rm(folder, { recursive: true }));
  await using file = await open(join(folder, 'latchkey.db'), 'w');
  await file.truncate(size);
  for (const [offset, text] of Object.entries(texts)) await file.write(text, Number(offset));
  return folder;
}

describe('traces in files', () => {
  test('are found wherever they are, in any case', async (context) => {
    const folder = await folderWith(context, 3 * MEBIBYTE, {
      10: 'Ada@Example.com',
      [MEBIBYTE - 5]: 'ada@example.com',
      [2 * MEBIBYTE - 1]: 'ada@example.comada@example.com',
    });
    const [hit] = await countTracesInFiles(folder, 'ada@example.com');
    assert.deepEqual(hit, { place: 'latchkey.db', kind: 'file', count: 4 });
    assert.deepEqual(await countTracesInFiles(folder, 'bob@example.com'), []);
  });

  test('are found in a file that is longer than any text may be', async (context) => {
    const size = constants.MAX_STRING_LENGTH + MEBIBYTE;
    const folder = await folderWith(context, size, { [size - MEBIBYTE]: 'ada@example.com' });
    assert.equal((await countTracesInFiles(folder, 'ada@example.com'))[0]?.count, 1);
  });
});
