// Installs the packages in the lock file, unless they are already installed. This script runs before `npm start` and
// `npm test`, with any version of Node, and is therefore plain JavaScript without dependencies. The argument may name
// another folder that has a lock file: `node scripts/ensure-modules.js docs`.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = process.argv[2] ? resolve(process.argv[2]) : join(dirname(fileURLToPath(import.meta.url)), '..');

/** Returns true if the lock file has changed since the last install, or if nothing has been installed yet. */
function installIsStale() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return true;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  if (wanted['node_modules/node'] && !existsSync(join(root, 'node_modules', '.bin', 'node'))) return true;
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).some(
    ([path, entry]) =>
      path.includes('node_modules/') &&
      !entry.optional &&
      !entry.link &&
      present[path]?.version !== entry.version,
  );
}

if (installIsStale()) {
  console.error('Installing what is missing (npm ci), once …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, error } = spawnSync(npm, ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (error || status !== 0) {
    console.error(`The install failed${error ? `: ${error.message}` : ''}. Run "npm ci" by hand to see why.`);
    process.exit(1);
  }
}
