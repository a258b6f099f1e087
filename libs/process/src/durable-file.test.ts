import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createTextFile, readTextFile } from './durable-file.ts';

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-file-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('a file is created once, readable only to its owner, and never replaced', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'note');
  assert.equal(await readTextFile(path), undefined);
  assert.equal(await createTextFile(path, 'first'), true);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(await createTextFile(path, 'second'), false);
  assert.equal(await readTextFile(path), 'first');
  assert.deepEqual(await readdir(folder), ['note']);
});

test('of many concurrent attempts to create a file, one succeeds, and the file has its content', async (t) => {
  const path = join(await temporaryFolder(t), 'note');
  const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`);
  const made = await Promise.all(texts.map((text) => createTextFile(path, text)));
  assert.equal(made.filter(Boolean).length, 1);
  assert.equal(await readFile(path, 'utf8'), texts[made.indexOf(true)]);
});

test('a file that cannot be read is named', async (t) => {
  const folder = await temporaryFolder(t);
  await assert.rejects(readTextFile(folder), { message: `${folder} cannot be read` });
});
