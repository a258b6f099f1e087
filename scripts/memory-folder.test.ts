import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createMemoryFolder } from './memory-folder.ts';

async function mountFor(context: TestContext): Promise<string> {
  const mount = await mkdtemp(join(tmpdir(), 'latchkey-'));
  context.after(() => rm(mount, { recursive: true }));
  return mount;
}

describe('the folder in memory', () => {
  test('is a new, empty folder on the file system, which other users may enter but not list', async (context) => {
    const mount = await mountFor(context);
    const folder = await createMemoryFolder(mount, 1);
    assert.ok(folder !== undefined);
    assert.equal(dirname(folder), mount);
    assert.deepEqual(await readdir(folder), []);
    assert.equal((await stat(folder)).mode & 0o777, 0o711);
    assert.notEqual(await createMemoryFolder(mount, 1), folder);
  });

  test('is not created on a file system with too little space', async (context) => {
    const mount = await mountFor(context);
    assert.equal(await createMemoryFolder(mount, Number.MAX_SAFE_INTEGER), undefined);
    assert.deepEqual(await readdir(mount), []);
  });

  test('is not created if there is no such file system', async (context) => {
    const mount = await mountFor(context);
    assert.equal(await createMemoryFolder(join(mount, 'missing'), 0), undefined);
  });
});
