import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..');

test('npm start, npm run demo and npm run ops keep compiled code', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const script = "import { getCompileCacheDir } from 'node:module'; console.log(getCompileCacheDir());";
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  for (const name of ['start', 'demo', 'ops']) {
    const [, ...words] = String(scripts[name]).split(' ');
    const options = [...words.slice(0, -1), '--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: ROOT, env });
    assert.ok(stdout.startsWith(join(ROOT, 'node_modules', '.cache', 'compiled')), `${name}: ${stdout}`);
  }
});
