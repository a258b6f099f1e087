/**
 * Bundles all programs once for each version of the sources, and keeps the bundles in `node_modules/.cache`. This module
 * is JavaScript, because Node loads a compiler of 17 MB for each TypeScript file that is not in a cache.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const ROOT = join(import.meta.dirname, '..');
const PARENT = join(ROOT, 'node_modules', '.cache', 'programs');
const PROGRAM_WORKSPACES = [
  'apps/ops',
  'apps/standalone',
  'services/auth',
  'services/notifier',
  'services/user',
];

/** Folders of packages and of build output. */
const NOT_SOURCES = ['node_modules', 'dist'];

const DAY_MS = 24 * 3_600_000;

/**
 * Returns the folder with the bundles of the current sources, for example with `ops.js`, and creates it if necessary.
 * Its files never change, because programs may run from it at any time. Removes folders that were not used for a day.
 * @returns {string}
 * @throws Error if the programs cannot be bundled, or the folder cannot be written. The message says why, in one line
 */
export function prepareProgramBundles() {
  const folder = join(PARENT, computeSourcesVersion(ROOT));
  if (!existsSync(folder)) {
    mkdirSync(PARENT, { recursive: true });
    removeUnused();
    bundleTo(folder);
  }
  markAsUsed(folder);
  return folder;
}

/**
 * Returns a hash of everything that the bundles depend on: the paths, sizes and modification times of all files of the
 * workspaces, the bundler's own script and the versions of the packages.
 * @param {string} root the folder of the repository
 * @returns {string} 16 hexadecimal digits
 */
export function computeSourcesVersion(root) {
  const hash = createHash('sha256');
  for (const path of ['package-lock.json', 'scripts/bundle-programs.ts']) addFile(hash, join(root, path));
  for (const folder of ['libs', 'services', 'apps']) addFolder(hash, join(root, folder));
  return hash.digest('hex').slice(0, 16);
}

/**
 * Adds the path, size and modification time of each file in a folder, at any depth, to the hash.
 * @param {import('node:crypto').Hash} hash
 * @param {string} folder
 */
function addFolder(hash, folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (NOT_SOURCES.includes(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) addFolder(hash, path);
    else if (entry.isFile()) addFile(hash, path);
  }
}

/**
 * Adds the path, size and modification time of a file to the hash.
 * @param {import('node:crypto').Hash} hash
 * @param {string} path
 */
function addFile(hash, path) {
  const { size, mtimeMs } = statSync(path);
  hash.update(`${path} ${size} ${mtimeMs}\n`);
}

/** Writes the bundles into a folder that does not exist yet. @param {string} folder */
function bundleTo(folder) {
  const written = mkdtempSync(`${folder}-`);
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'bundle.ts'), written, ...PROGRAM_WORKSPACES],
    { cwd: ROOT, encoding: 'utf8' },
  );
  if (status !== 0) {
    rmSync(written, { recursive: true, force: true });
    throw new Error(`the programs cannot be bundled: ${stderr.trim().split('\n').at(-1)}`);
  }
  try {
    renameSync(written, folder);
  } catch (error) {
    // If another process has created the folder in the meantime, use its bundles, and remove those of this
    // process.
    rmSync(written, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/** Keeps `removeUnused` from removing the folder during the next day. @param {string} folder */
function markAsUsed(folder) {
  try {
    utimesSync(folder, new Date(), new Date());
  } catch {
    // The time cannot be changed if the folder belongs to another user, or if the checkout is read-only. The
    // bundles can be used nevertheless.
  }
}

function removeUnused() {
  for (const name of readdirSync(PARENT)) {
    const { mtimeMs } = statSync(join(PARENT, name), { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    if (Date.now() - mtimeMs > DAY_MS) rmSync(join(PARENT, name), { recursive: true, force: true });
  }
}
