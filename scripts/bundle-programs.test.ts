import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { bundlePrograms, escapeNonAscii } from './bundle-programs.ts';

test('the code of a bundle means the same in ASCII', () => {
  const code = "['é → 😀', `…`, /^[à-ü😀]+$/u.test('é😀'), { größe: 1 }.größe]";
  const escaped = escapeNonAscii(code);
  assert.match(escaped, /^\p{ASCII}*$/u);
  assert.deepEqual([...runInNewContext(escaped)], ['é → 😀', '…', true, 1]);
});

for (const [title, code] of [
  ['after a backslash', "'\\é'"],
  ['in a raw string', 'String.raw`a é`'],
] as const) {
  test(`bundling refuses a character ${title}, because its escape would mean something else`, () => {
    assert.throws(() => escapeNonAscii(code), /cannot escape/);
  });
}

test('a bundled service does not load fetch before it uses fetch', async (context) => {
  const cache = join(import.meta.dirname, '..', 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'bundle-'));
  context.after(() => rm(folder, { recursive: true }));
  await bundlePrograms(['services/auth'], folder);
  const report = `process.on('exit', () => console.log(process.moduleLoadList.filter((name) => /http$|undici/.test(name))))`;
  const words = ['--import', `data:text/javascript,${report}`, join(folder, 'auth.js')];
  // Without settings, the service exits with an error after it has loaded its modules. That is enough for
  // this test.
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: folder, env: {} }).catch(
    (error) => error,
  );
  assert.match(stdout, /NativeModule http/);
  assert.doesNotMatch(stdout, /undici/);
});
