import { authIndexes } from '@latchkey/auth';
import { checkIndexes, ensureIndexes, type Index, type Mongo, missingIndexes } from '@latchkey/mongo';
import { notifierIndexes } from '@latchkey/notifier';
import { userIndexes } from '@latchkey/user';
import { type Command, type Context, UsageError } from './command.ts';
import { TAKES_LONG, withMongo } from './stores.ts';

/** Of all services: they check them at their start, and make none. The read model's depend on what is stored. */
export async function allIndexes(connection: Mongo['connection']): Promise<readonly Index[]> {
  return [...authIndexes, ...notifierIndexes, ...(await userIndexes(connection))];
}

/** Makes the indexes that are missing. One that is there and another than needed is an error. */
export const indexesCommand: Command = {
  words: '',
  does: "make the services' indexes in MongoDB that are missing, and check the others",
  read(words) {
    if (words.length > 0) throw new UsageError('indexes takes nothing');
    return (context) => withMongo(context, (connection) => makeIndexes(connection, context), TAKES_LONG);
  },
};

async function makeIndexes(connection: Mongo['connection'], context: Context): Promise<void> {
  const indexes = await allIndexes(connection);
  const missing = new Set(await missingIndexes(connection, indexes));
  for (const index of indexes) await namedMeanwhile(index, ensureIndexes(connection, [index]), context);
  await checkIndexes(connection, indexes, 'npm run ops -- indexes');
  for (const index of indexes)
    context.say(`${nameOf(index)}: ${missing.has(index) ? 'made' : 'there already'}`);
}

function nameOf({ collection, name }: Index): string {
  return `${collection}.${name}`;
}

const SAY_EVERY_MS = 10_000;

async function namedMeanwhile(index: Index, made: Promise<void>, { note }: Context): Promise<void> {
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += SAY_EVERY_MS / 1000;
    note(`${nameOf(index)} is still being made, for ${seconds} seconds now.`);
  }, SAY_EVERY_MS);
  try {
    await made;
  } finally {
    clearInterval(timer);
  }
}
