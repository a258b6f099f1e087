import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { computeSourcesVersion, prepareProgramBundles } from './program-bundles.js';

const ROOT = join(import.meta.dirname, '..');
const run = promisify(execFile);

async function commandOf(name: string): Promise<readonly string[]> {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  return String(scripts[name]).split(' ').slice(1);
}

test('npm start and npm run ops run bundles of the current sources, and keep compiled code', async () => {
  assert.deepEqual(await commandOf('start'), ['scripts/run-program.js', 'apps/standalone']);
  const report = `import { getCompileCacheDir } from 'node:module';
    process.on('exit', () => console.log(getCompileCacheDir(), process.argv.slice(1).join(' ')));`;
  const words = ['--import', `data:text/javascript,${report}`, ...(await commandOf('ops')), '--help'];
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const { stdout, stderr } = await run(process.execPath, words, { cwd: ROOT, env });
  assert.match(stdout, /^Usage: /);
  assert.ok(stdout.includes(`\n${join(ROOT, 'node_modules', '.cache', 'compiled')}`), stdout);
  assert.match(stdout, /scripts\/run-program\.js --help\n$/);
  assert.equal(stderr, '');
  assert.match(await readFile(join(prepareProgramBundles(), 'ops.js'), 'utf8'), /import/);
});

test('the sources are run if they cannot be bundled', async (context) => {
  const root = await mkdtemp(join(tmpdir(), 'latchkey-programs-'));
  context.after(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'apps/ops/src'), { recursive: true });
  await cp(join(ROOT, 'scripts'), join(root, 'scripts'), { recursive: true });
  // The folder contains neither the other workspaces nor the lock file, so the program cannot be bundled.
  await writeFile(join(root, 'apps/ops/src/main.ts'), 'console.log(process.argv.slice(2).join());');
  const { stdout, stderr } = await run(process.execPath, [
    join(root, 'scripts/run-program.js'),
    'apps/ops',
    'a',
    'b',
  ]);
  assert.equal(stdout, 'a,b\n');
  assert.match(stderr, /^[^\n]+ Running the sources instead, which start more slowly\.\n$/);
});

test('the version of the sources changes with each file that can be part of a bundle', async (context) => {
  const root = await mkdtemp(join(tmpdir(), 'latchkey-programs-'));
  context.after(() => rm(root, { recursive: true }));
  for (const folder of ['libs/store/src', 'libs/store/node_modules', 'services', 'apps', 'scripts'])
    await mkdir(join(root, folder), { recursive: true });
  const source = join(root, 'libs/store/src/store.ts');
  for (const path of [source, join(root, 'package-lock.json'), join(root, 'scripts/bundle-programs.ts')])
    await writeFile(path, 'old');
  const versions = [computeSourcesVersion(root)];
  await writeFile(join(root, 'libs/store/node_modules/ignored.js'), '');
  assert.equal(computeSourcesVersion(root), versions[0]);
  const changes = [
    () => writeFile(source, 'longer'),
    () => utimes(source, new Date(), new Date(2026, 0, 1)),
    () => writeFile(join(root, 'services/new.ts'), ''),
    () => rm(source),
    () => writeFile(join(root, 'package-lock.json'), 'changed'),
    () => writeFile(join(root, 'scripts/bundle-programs.ts'), 'changed'),
  ];
  for (const change of changes) {
    await change();
    versions.push(computeSourcesVersion(root));
  }
  assert.equal(new Set(versions).size, changes.length + 1);
});
