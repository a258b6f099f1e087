/** Where the data is: in MongoDB where MONGO_URL is set, else in the data folder. */
import { resolve } from 'node:path';
import type { Environment } from '@latchkey/service';
import { type Database, openDatabase } from '@latchkey/sqlite';
import type { Context } from './command.ts';

export const dataFolder = (environment: Environment): string => resolve(environment['DATA_DIR'] || './.data');

/** Hands over the data folder's database, also while its server runs, and closes it afterwards. */
export async function withStore(
  { environment }: Context,
  work: (store: { readonly database: Database }) => Promise<void>,
): Promise<void> {
  const database = openDatabase({ folder: dataFolder(environment), as: 'beside' });
  try {
    await work({ database });
  } finally {
    await database.close();
  }
}
