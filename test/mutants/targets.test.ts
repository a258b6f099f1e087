/** Tests that docs/security-tests.md has the results of the mutation tests of the present code. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMutants } from './mutate.ts';
import { mutationTargets } from './targets.ts';

const root = join(import.meta.dirname, '../..');

/** Returns, for each file in the table of results, how many changes can be made to it. */
function readResults(): ReadonlyMap<string, number> {
  const text = readFileSync(join(root, 'docs/security-tests.md'), 'utf8');
  const rows = text.matchAll(/^\| `([^`]+)` \| \d+ of (\d+) changes \|/gm);
  return new Map([...rows].map(([, file = '', all]) => [file, Number(all)]));
}

test('the table of results has each file, with as many changes as can be made to it now', () => {
  const present = mutationTargets.map(
    ({ file }) => [file, createMutants(readFileSync(join(root, file), 'utf8')).length] as const,
  );
  assert.deepEqual(
    readResults(),
    new Map(present),
    'run `npm run test:mutants` for the files that differ, and write the results to docs/security-tests.md',
  );
});
