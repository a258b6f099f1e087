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

/** For operations over all data: waits for their answers without limit. */
export const TAKES_LONG = { answersWithinMs: Number.POSITIVE_INFINITY } as const;

/** Opens the store (MongoDB if MONGO_URL is set, otherwise the data folder), which servers may be using. */
export function withStore(context: Context, work: (store: Store) => Promise<void>): Promise<void> {
  return hasMongo(context.environment)
    ? withMongo(context, (connection) => work({ connection }))
    : withFolder(context, 'shared', (database) => work({ database }));
}

/** Opens the data folder. @param as `exclusive`: refused while a server uses the folder */
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

/** Connects to MongoDB and closes the connection after the work. @throws ConfigError; MongoRefused */
export async function withMongo(
  context: Context,
  work: (connection: Connection) => Promise<void>,
  options: Pick<MongoOptions, 'answersWithinMs'> = {},
): Promise<void> {
  const mongo = openMongo({ ...options, url: readConfig(mongoSettings, context.environment).MONGO_URL });
  // Rejects once MongoDB refuses the connection; never resolves.
  const refused = mongo.reached.then(() => new Promise<never>(() => undefined));
  refused.catch(() => undefined);
  try {
    await patiently(context, 'MongoDB', () => Promise.race([mongo.ping(), refused]));
    await work(mongo.connection);
  } finally {
    await mongo.close();
  }
}
