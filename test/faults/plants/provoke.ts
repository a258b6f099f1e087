/**
 * Runs in a copy of the sources, on its services: `node provoke.ts <file> <ms> <provocation> …` lets these happen one
 * after the other, gives the system so many ms to come to rest, and writes what the checker says of it into the file.
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
