import { authIndexes } from '@latchkey/auth';
import { checkIndexes, ensureIndexes, type Index, type Mongo, missingIndexes } from '@latchkey/mongo';
import { notifierIndexes } from '@latchkey/notifier';
import { userIndexes } from '@latchkey/user';
import { type Command, UsageError } from './command.ts';
import { withMongo } from './stores.ts';

/** Of all services: they check them at their start, and make none. The read model's depend on what is stored. */
export const allIndexes = async (connection: Mongo['connection']): Promise<readonly Index[]> => [
  ...authIndexes,
  ...notifierIndexes,
  ...(await userIndexes(connection)),
];

/** Makes the indexes that are missing. One that is there and another than needed is an error. */
export const indexesCommand: Command = {
  words: '',
  does: "make the services' indexes in MongoDB that are missing, and check the others",
  read(words) {
    if (words.length > 0) throw new UsageError('indexes takes nothing');
    return (context) =>
      withMongo(context, async (connection) => {
        const indexes = await allIndexes(connection);
        const missing = new Set(await missingIndexes(connection, indexes));
        await ensureIndexes(connection, indexes);
        await checkIndexes(connection, indexes, 'npm run ops -- indexes');
        for (const index of indexes) {
          context.say(`${index.collection}.${index.name}: ${missing.has(index) ? 'made' : 'there already'}`);
        }
      });
  },
};
