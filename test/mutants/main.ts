/**
 * `npm run test:mutants`: runs mutation tests of the code that protects accounts. In a copy of the sources, the program
 * changes one expression of a file at a time, and runs the tests of that file. It prints the score of each file, and
 * the mutants that no test detected. Arguments select files by parts of their names. docs/security-tests.md explains
 * the surviving mutants.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { copySources, removeSourceCopy } from '../faults/plants/copy.ts';
import { createMutants, type Mutant } from './mutate.ts';
import { runTests } from './run-tests.ts';
import { type MutationTarget, mutationTargets } from './targets.ts';

/**
 * A mutant counts as detected if its tests take this many times as long as the tests of the original file. A
 * mutant can make a test run forever.
 */
const LONGER = 10;
const LONGEST_RUN_MS = 600_000;

/**
 * Takes mutants from a shared list and tests each of them, until the list is empty.
 * @returns the mutants that no test detected
 */
async function survivorsOf(
  target: MutationTarget,
  mutants: Mutant[],
  { folder, withinMs }: { readonly folder: string; readonly withinMs: number },
): Promise<readonly Mutant[]> {
  const path = join(folder, target.file);
  const original = readFileSync(path, 'utf8');
  const survivors: Mutant[] = [];
  for (let mutant = mutants.shift(); mutant !== undefined; mutant = mutants.shift()) {
    writeFileSync(path, mutant.source);
    if (await runTests(folder, target.tests, withinMs)) survivors.push(mutant);
  }
  writeFileSync(path, original);
  return survivors;
}

const words = process.argv.slice(2);
const chosen = mutationTargets.filter(
  ({ file }) => words.length === 0 || words.some((word) => file.includes(word)),
);
const folders = await Promise.all(Array.from({ length: availableParallelism() }, () => copySources([])));
try {
  for (const target of chosen) {
    const [first = ''] = folders;
    const from = performance.now();
    if (!(await runTests(first, target.tests, LONGEST_RUN_MS)))
      throw new Error(`the tests of ${target.file} fail without a fault`);
    const withinMs = Math.min(LONGEST_RUN_MS, Math.ceil(LONGER * (performance.now() - from)));
    const mutants = [...createMutants(readFileSync(join(first, target.file), 'utf8'))];
    const all = mutants.length;
    const found = await Promise.all(
      folders.map((folder) => survivorsOf(target, mutants, { folder, withinMs })),
    );
    const survivors = found.flat().toSorted((a, b) => a.line - b.line);
    console.log(`${target.theme}: ${target.file}: ${all - survivors.length} of ${all} noticed`);
    for (const { line, original, replacement } of survivors)
      console.log(`  line ${line}: ${original} → ${replacement}`);
  }
} finally {
  await Promise.all(folders.map(removeSourceCopy));
}
