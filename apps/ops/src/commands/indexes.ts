import { authIndexes } from '@latchkey/auth';
import { checkIndexes, ensureIndexes, type Index, type Mongo, missingIndexes } from '@latchkey/mongo';
import { notifierIndexes } from '@latchkey/notifier';
import { userIndexes } from '@latchkey/user';
import type { Context } from '../context.ts';
import { printJson } from '../output/listing.ts';
import { examples, JSON_LINES, type Program } from '../program.ts';
import { TAKES_LONG, withMongo } from '../stores.ts';

/** Creates the indexes that are missing. An existing one that differs is an error. */
export function addIndexes(program: Program, context: Context): void {
  program
    .command('indexes')
    .description('create the MongoDB indexes that are missing and check the others')
    .option('--json', JSON_LINES)
    .addHelpText('after', examples('indexes', 'indexes --json'))
    .action(({ json = false }) =>
      withMongo(context, (connection) => createIndexes(connection, context, json), TAKES_LONG),
    );
}

/** Returns the indexes of all services. Those of the read model depend on which generations there are. */
export async function allIndexes(connection: Mongo['connection']): Promise<readonly Index[]> {
  return [...authIndexes, ...notifierIndexes, ...(await userIndexes(connection))];
}

async function createIndexes(
  connection: Mongo['connection'],
  { print, note }: Context,
  json: boolean,
): Promise<void> {
  const indexes = await allIndexes(connection);
  const missing = new Set(await missingIndexes(connection, indexes));
  for (const index of indexes) await reportingWaits(index, ensureIndexes(connection, [index]), note);
  await checkIndexes(connection, indexes, 'npm run ops -- indexes');
  if (json)
    printJson(
      print,
      indexes.map((index) => ({ index: nameOf(index), made: missing.has(index) })),
    );
  else
    for (const index of indexes) print(`${nameOf(index)}: ${missing.has(index) ? 'made' : 'there already'}`);
}

function nameOf({ collection, name }: Index): string {
  return `${collection}.${name}`;
}

const REPORT_EVERY_MS = 10_000;

async function reportingWaits(index: Index, made: Promise<void>, note: Context['note']): Promise<void> {
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += REPORT_EVERY_MS / 1000;
    note(`${nameOf(index)} is still being created, after ${seconds} seconds.`);
  }, REPORT_EVERY_MS);
  try {
    await made;
  } finally {
    clearInterval(timer);
  }
}
