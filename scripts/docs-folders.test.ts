/** Tests that every folder of the repository is described in the documents that describe the folders. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Returns the direct subfolders of a folder. Leaves out subfolders without files of the repository. */
function foldersIn(folder: string): readonly string[] {
  const files = execFileSync('git', ['ls-files', folder], { cwd: root, encoding: 'utf8' }).split('\n');
  const depth = folder === '.' ? 1 : folder.split('/').length + 1;
  const paths = files.map((file) => file.split('/')).filter((parts) => parts.length > depth);
  return [...new Set(paths.map((parts) => parts.slice(0, depth).join('/')))];
}

/**
 * SPLIT contains the folders whose subfolders the documents must name individually. NOT_DESCRIBED contains
 * the folders that need no description.
 */
const SPLIT = ['apps', 'examples', 'libs', 'services'];
const NOT_DESCRIBED = ['.ci', '.github', 'docs'];

test('docs/find-your-way.md names every folder', () => {
  const text = read('docs/find-your-way.md');
  const top = foldersIn('.').filter((folder) => ![...SPLIT, ...NOT_DESCRIBED].includes(folder));
  for (const folder of [...top, ...SPLIT.flatMap(foldersIn)])
    assert.match(text, new RegExp(`\`${folder}/?\``), folder);
});

test('ARCHITECTURE.md names every folder of auth', () => {
  const text = read('ARCHITECTURE.md');
  for (const folder of foldersIn('services/auth/src').filter((path) => !path.endsWith('/testing')))
    assert.match(text, new RegExp(`\`(?:${folder}|${folder.replace('services/auth/src/', '')})/\``), folder);
});
