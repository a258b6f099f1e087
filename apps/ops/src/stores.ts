/** Where the data is: in MongoDB where MONGO_URL is set, else in the data folder. */
import { resolve } from 'node:path';
import { serverSettings } from '@latchkey/cluster';
import { type Mongo, type MongoOptions, openMongo } from '@latchkey/mongo';
import { type Environment, readConfig } from '@latchkey/process';
import { type Database, openDatabase } from '@latchkey/sqlite';
import { z } from 'zod';
import type { Context } from './context.ts';
import { patiently } from './patience.ts';

const mongoSettings = z.object({ MONGO_URL: serverSettings.shape.MONGO_URL });

export function hasMongo(environment: Environment): boolean {
  return Boolean(environment['MONGO_URL'] || environment['MONGO_URL_FILE']);
}

export function dataFolder(environment: Environment): string {
  return resolve(environment['DATA_DIR'] || './.data');
}

type Connection = Mongo['connection'];
export type Store = { readonly database: Database } | { readonly connection: Connection };

/** For what a server looks through all it has for: its answer is waited for, however long that takes. */
export const TAKES_LONG = { answersWithinMs: Number.POSITIVE_INFINITY } as const;

/** Hands over the store that the settings name, also while its servers run, and closes it afterwards. */
export function withStore(context: Context, work: (store: Store) => Promise<void>): Promise<void> {
  return hasMongo(context.environment)
    ? withMongo(context, (connection) => work({ connection }))
    : withFolder(context, 'shared', (database) => work({ database }));
}

/** The data folder's database, closed afterwards. `alone`: refused while a server holds it. */
export async function withFolder(
  { environment }: Context,
  as: 'shared' | 'exclusive',
  work: (database: Database) => Promise<void>,
): Promise<void> {
  const database = openDatabase({ folder: dataFolder(environment), as });
  try {
    await work(database);
  } finally {
    await database.close();
  }
}

/** A connection to MongoDB that has been reached, closed afterwards. @throws ConfigError; MongoRefused */
export async function withMongo(
  context: Context,
  work: (connection: Connection) => Promise<void>,
  options: Pick<MongoOptions, 'answersWithinMs'> = {},
): Promise<void> {
  const mongo = openMongo({ ...options, url: readConfig(mongoSettings, context.environment).MONGO_URL });
  const refused = mongo.reached.then(() => new Promise<never>(() => undefined));
  refused.catch(() => undefined);
  try {
    await patiently(context, 'MongoDB', () => Promise.race([mongo.ping(), refused]));
    await work(mongo.connection);
  } finally {
    await mongo.close();
  }
}
