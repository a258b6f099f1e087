import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  BreachedPasswordsFileError,
  importBreachedPasswords,
  openBreachedPasswordsFile,
} from './breached.ts';

function sha1(password: string): string {
  return hash('sha1', password).toUpperCase();
}

async function files(t: TestContext, lines: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-breached-'));
  t.after(() => rm(folder, { recursive: true }));
  const [list, target] = [join(folder, 'list.txt'), join(folder, 'breached.bin')];
  await writeFile(list, lines.join('\r\n'));
  return { folder, list, target };
}

test('every password of the list is found, and no other', async (t) => {
  for (const count of [0, 1, 2, 3, 1000]) {
    const known = Array.from({ length: count }, (_, n) => `password ${n}`);
    const lines = known.map((password, n) => `${sha1(password)}:${n + 1}`).toSorted();
    const { list, target } = await files(t, lines);
    assert.equal(await importBreachedPasswords(list, target), count);
    const isBreached = openBreachedPasswordsFile(target);
    for (const password of known) assert.ok(isBreached(password), password);
    for (let n = 0; n < 1000; n += 1) assert.ok(!isBreached(`another ${n}`));
  }
});

test('rare ones are left out on request; repeated and lower-case lines are accepted', async (t) => {
  const lines = [`${sha1('often')}:9`, `${sha1('often')}:9`, `${sha1('seldom').toLowerCase()}:1`];
  const { list, target } = await files(
    t,
    lines.toSorted((a, b) => (a.toUpperCase() < b.toUpperCase() ? -1 : 1)),
  );
  assert.equal(await importBreachedPasswords(list, target, { least: 2 }), 1);
  const isBreached = openBreachedPasswordsFile(target);
  assert.deepEqual([isBreached('often'), isBreached('seldom')], [true, false]);
});

test('a list that is unsorted or has another format is refused with the line, and the previous file remains', async (t) => {
  const sorted = ['a', 'b'].map(sha1).toSorted();
  const { folder, list, target } = await files(t, sorted.toReversed());
  await writeFile(target, 'as it was');
  await assert.rejects(importBreachedPasswords(list, target), /line 2: the list must be sorted/);
  await writeFile(list, `${sorted[0]}\nhunter2`);
  await assert.rejects(importBreachedPasswords(list, target), /line 2: must be a SHA-1 hash/);
  assert.equal(await readFile(target, 'utf8'), 'as it was');
  assert.deepEqual((await readdir(folder)).toSorted(), ['breached.bin', 'list.txt']);
});

test('a file that is not there or has another format is refused', async (t) => {
  const { list, target } = await files(t, ['x']);
  assert.throws(() => openBreachedPasswordsFile(target), BreachedPasswordsFileError);
  assert.throws(() => openBreachedPasswordsFile(list), /`ops passwords import`/);
});
