/**
 * The kinds of stores, and how each is opened. To add a kind of store, add it here and to the registry of
 * each service.
 */
import type { Bus, ConsumerGroups, LogReader } from '@latchkey/bus';
import { createEmbeddedBus, createEmbeddedLogReader } from '@latchkey/bus/embedded';
import { type MongoStore, openMongo } from '@latchkey/mongo';
import { type Environment, readConfig } from '@latchkey/process';
import { openSqlite, type SqliteStore } from '@latchkey/sqlite';
import { z } from 'zod';

/** The type of an open store, for each kind of store. */
export interface StoresByKind {
  readonly mongo: MongoStore;
  readonly sqlite: SqliteStore;
}

export type StoreKind = keyof StoresByKind;
/**
 * The embedded store: the kind of store that runs inside the process that uses it. It can also contain the
 * log.
 */
export const embeddedStoreKind = 'sqlite' satisfies StoreKind;
const kinds = ['mongo', 'sqlite'] as const satisfies readonly StoreKind[];
export type Store = StoresByKind[StoreKind];

/**
 * Returns a function that takes a store. It passes the store to the function that `choose` contains for the
 * store's kind, and returns the result.
 */
export function selectByStoreKind<Result>(
  choose: {
    readonly [Kind in StoreKind]: (store: StoresByKind[Kind]) => Result;
  },
): (store: Store) => Result {
  return (store) => {
    switch (store.kind) {
      case 'mongo':
        return choose.mongo(store);
      case 'sqlite':
        return choose.sqlite(store);
    }
  };
}

/** A log that is stored in the same database as all other data. */
export interface EmbeddedLog {
  readonly bus: Bus & ConsumerGroups;
  readonly reader: LogReader;
}

/** Opens the log that the store contains. Returns undefined if stores of this kind contain no log. */
export const openEmbeddedLog: (store: Store) => EmbeddedLog | undefined = selectByStoreKind({
  mongo: () => undefined,
  sqlite: ({ database }) => ({
    bus: createEmbeddedBus({ database }),
    reader: createEmbeddedLogReader(database),
  }),
});

export interface OpenStoreOptions {
  /**
   * Which kind of process opens the embedded store: a server, a command that may run while a server uses the
   * store, or a command that needs exclusive access; see `openDatabase`. Other kinds of stores ignore this
   * option.
   */
  readonly as: 'server' | 'shared' | 'exclusive';
  /**
   * Whether to remove the time limit of calls to the store, for commands that read all data. Default: false.
   */
  readonly isLongRunning?: boolean;
}

const mongoSettings = z.object({
  MONGO_URL: z
    .string()
    .regex(/^mongodb(?:\+srv)?:\/\/./, 'must be a MongoDB connection string, such as mongodb://host:27017')
    .describe(
      'Connection string of MongoDB; the database is `latchkey` unless the URL names another database.',
    )
    .meta({ secret: true }),
});

const sqliteSettings = z.object({
  DATA_DIR: z.string().default('./.data').describe('Folder of the embedded store.'),
});

/** The settings of each kind of store. */
export const storeKindSettings = {
  mongo: mongoSettings,
  sqlite: sqliteSettings,
} satisfies Record<StoreKind, z.ZodObject>;

const openings: {
  readonly [Kind in StoreKind]: (environment: Environment) => (options: OpenStoreOptions) => Store;
} = {
  mongo(environment) {
    const { MONGO_URL: url } = readConfig(mongoSettings, environment);
    return ({ isLongRunning = false }) =>
      openMongo({ url, ...(isLongRunning && { answersWithinMs: Number.POSITIVE_INFINITY }) });
  },
  sqlite(environment) {
    const { DATA_DIR: folder } = readConfig(sqliteSettings, environment);
    return ({ as }) => openSqlite({ folder, as });
  },
};

export interface StoreConfig {
  readonly kind: StoreKind;
  /** Whether the store runs inside the process that opens it, with its files in a data folder. */
  readonly isEmbedded: boolean;
  /**
   * Opens the store and returns immediately, without waiting for a connection.
   * @throws DataFolderError for a data folder that cannot be used
   */
  open(options: OpenStoreOptions): Store;
}

/** The setting that names the kind of store. */
export const storeSettings = z.object({
  STORE: z
    .enum(kinds)
    .optional()
    .describe('The kind of store: `mongo` or `sqlite`. Default: the kind whose settings are given.'),
});

/**
 * Reads STORE. Default: the kind whose settings are set, otherwise the embedded store.
 * @throws ConfigError
 */
export function readStoreKind(environment: Environment, fallback: StoreKind = embeddedStoreKind): StoreKind {
  return readConfig(storeSettings, environment).STORE ?? givenKind(environment) ?? fallback;
}

/** Reads STORE, and only the settings of that kind. @throws ConfigError */
export function readStoreConfig(environment: Environment): StoreConfig {
  return openable(readStoreKind(environment), environment);
}

/**
 * Reads STORE and the settings of that kind, like `readStoreConfig`, for services that run as separate
 * processes. If STORE is not set, does not select the embedded store, because only one process can use it.
 */
export function readServerStoreConfig(environment: Environment): StoreConfig {
  return openable(readStoreKind(environment, 'mongo'), environment);
}

/** Reads the settings of the embedded store, whatever STORE says. @throws ConfigError */
export function readEmbeddedStoreConfig(environment: Environment): StoreConfig {
  return openable(embeddedStoreKind, environment);
}

function openable(kind: StoreKind, environment: Environment): StoreConfig {
  return { kind, isEmbedded: kind === embeddedStoreKind, open: openings[kind](environment) };
}

/**
 * Returns the kind of store whose settings are set. Ignores DATA_DIR: although it is a setting of the
 * embedded store, a standalone needs it with every kind of store.
 */
function givenKind(environment: Environment): StoreKind | undefined {
  function isGiven(name: string) {
    return Boolean(environment[name] || environment[`${name}_FILE`]);
  }
  const servers = kinds.filter((kind) => kind !== embeddedStoreKind);
  return servers.find((kind) => Object.keys(storeKindSettings[kind].shape).some(isGiven));
}
