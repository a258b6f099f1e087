/** Tests that each code excerpt in a document also appears in the source file that the document names. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');

test('docs/client.md shows the code of the example app', async () => {
  const document = await readFile(join(ROOT, 'docs/client.md'), 'utf8');
  const blocks = [...document.matchAll(/^```tsx? from=(\S+)\n([\s\S]*?)^```$/gm)];
  assert.equal(blocks.length, 3);
  for (const [, file = '', code = ''] of blocks)
    assert.ok((await readFile(join(ROOT, file), 'utf8')).includes(code), `${file} has other code`);
});
