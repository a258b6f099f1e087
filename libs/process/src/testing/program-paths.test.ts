import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { getMainModulePath } from './program-paths.ts';

/** Sets PROGRAM_BUNDLES, or removes it, until the end of the test. */
function setBundles(context: TestContext, folder: string | undefined): void {
  const { PROGRAM_BUNDLES } = process.env;
  set(folder);
  context.after(() => set(PROGRAM_BUNDLES));

  function set(value: string | undefined): void {
    if (value === undefined) delete process.env['PROGRAM_BUNDLES'];
    else process.env['PROGRAM_BUNDLES'] = value;
  }
}

test('tests start the sources of a program if there are no bundles', (context) => {
  setBundles(context, undefined);
  assert.match(getMainModulePath('services/auth'), /services\/auth\/src\/main\.ts$/);
  assert.throws(() => getMainModulePath('services/other'), /^Error: services\/other has no main module at /);
});

test('tests start the bundle of a program in the folder that PROGRAM_BUNDLES names', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bundles-'));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'ops.js'), '');
  setBundles(context, folder);
  assert.equal(getMainModulePath('apps/ops'), join(folder, 'ops.js'));
  assert.throws(() => getMainModulePath('services/auth'), /^Error: services\/auth has no main module at /);
});
