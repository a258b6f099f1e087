/**
 * Runs in a copy of the sources, with the services of that copy: `node provoke.ts <file> <ms> <provocation> …`. Carries
 * out the provocations one after the other, waits up to `<ms>` ms until the system is idle, and writes the checker's
 * report to the file.
 */
import { writeFile } from 'node:fs/promises';
import { type Provocation, provocations } from './provocations.ts';
import { openStage } from './stage.ts';

const [file = '', withinMs = '', ...names] = process.argv.slice(2);
function isKnown(name: string): name is Provocation {
  return Object.hasOwn(provocations, name);
}

await using stack = new AsyncDisposableStack();
const stage = await openStage(stack);
for (const name of names) if (isKnown(name)) await provocations[name](stage);
await stage.rest(Number(withinMs));
await writeFile(file, JSON.stringify(await stage.judge()));
