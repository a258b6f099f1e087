/**
 * Runs in a copy of the sources, with the services of that copy: `node provoke.ts <file> <ms> <provocation> …`. Carries
 * out the provocations one after the other, waits up to `<ms>` ms until the system is idle, and writes the checker's
 * report to the file.
 */
import { writeFile } from 'node:fs/promises';
import { openProvocationSystem } from './provocation-system.ts';
import { type Provocation, provocations, STANDALONE_MOVE_PROVOCATION } from './provocations.ts';

const [file = '', withinMs = '', ...names] = process.argv.slice(2);
function isKnown(name: string): name is Provocation {
  return Object.hasOwn(provocations, name);
}

await using stack = new AsyncDisposableStack();
const system = await openProvocationSystem(stack, {
  isMoved: names.includes(STANDALONE_MOVE_PROVOCATION),
});
for (const name of names) if (isKnown(name)) await provocations[name](system);
await system.rest(Number(withinMs));
await writeFile(file, JSON.stringify(await system.judge()));
