import { setTimeout as wait } from 'node:timers/promises';
import { type OpenedStore, type StoredRecord, StoreMisconfigured } from '@latchkey/store';
import type { Connection, ConnectOptions } from 'mongoose';
import { loadMongoose } from './driver.ts';
import {
  MongoFailure,
  mapMongoErrors,
  onPermissionDenied,
  retryOnConcurrentWrite,
  toMongoFailure,
} from './failures.ts';

/** The name of the database, if neither the options nor the URL contain a name. */
const DATABASE = 'latchkey';
/** The default of the option `availableWithinMs`, in ms. */
const AVAILABLE_MS = 2000;
const CONNECT_MS = 2000;
/**
 * The default of the option `answersWithinMs`, in ms. The driver retries an operation once, so a request to a
 * server that accepts requests but does not respond fails within 10 s.
 */
const ANSWER_MS = 4_500;
/**
 * The time limit of a write on the server is lower than the time limit of the client by this margin, in ms,
 * so that the server's error reaches the client in time.
 */
const WRITE_MARGIN_MS = 500;
/** The collection for write probes, which are writes that check whether the server accepts writes. */
const PROBES = 'probes';
/** The pause between attempts to reach the server for the first time, in ms. */
const RETRY_MS = 1000;

const AUTHENTICATION_FAILED = 18;
/**
 * The names of the driver's errors for an invalid URL. The driver throws MongoRuntimeError if the port is not
 * a number.
 */
const URL_ERRORS: readonly string[] = ['MongoParseError', 'MongoRuntimeError'];

export interface MongoOptions {
  /** A MongoDB connection string. Settings in this string for timeouts and durability are ignored. */
  readonly url: string;
  /** The name of the database. Default: the name in the URL or, if the URL contains no name, `latchkey`. */
  readonly database?: string;
  /**
   * How long the server may take to respond, in milliseconds. Default: 4,500. `Infinity` for long-running
   * commands.
   */
  readonly answersWithinMs?: number;
  /**
   * How long a call may wait for a server to be available, or for a free connection to it, in milliseconds.
   * Default: 2,000.
   */
  readonly availableWithinMs?: number;
}

export interface MongoStore extends OpenedStore {
  readonly kind: 'mongo';
  /**
   * The connection. Adapters may be created on it immediately. Until the server has been reached, their calls
   * reject.
   */
  readonly connection: Connection;
  /**
   * Resolves once the server has been reached for the first time, however long this takes. If the server goes
   * down later, calls reject, and the driver reconnects by itself.
   * @throws StoreMisconfigured; MongoFailure if the store was closed before the server was reached
   */
  readonly reached: Promise<void>;
  /** Checks that the server responds. @throws StoreUnavailable; StoreMisconfigured */
  health(): Promise<void>;
  /** Returns the time of the server's clock. @throws StoreUnavailable */
  serverTime(): Promise<Date>;
  /** Closes the connections. Calls in flight fail. */
  close(): Promise<void>;
}

/** Opens a pool of connections. Returns without waiting for a connection. */
export function openMongo(options: MongoOptions): MongoStore {
  const connection = loadMongoose().createConnection();
  const closing = new AbortController();
  let failure: Error = new MongoFailure('not reached yet');

  async function reach(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await connection.openUri(options.url, settings(options));
        return;
      } catch (error) {
        failure = failureOrRefusal(error);
        if (failure instanceof StoreMisconfigured) throw failure;
      }
      await wait(RETRY_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
    throw failure;
  }

  const reached = reach();
  // Mark a rejection of `reached` as handled, because some callers never await `reached`.
  reached.catch(() => undefined);

  async function ping(): Promise<void> {
    if (connection.db === undefined) throw failure;
    await connection.db.command({ ping: 1 });
  }

  async function writeProbe(): Promise<void> {
    const { db } = connection;
    if (db === undefined) throw failure;
    const probes = db.collection<{ readonly _id: string; readonly at: Date }>(PROBES);
    const now = { $set: { at: new Date() } };
    await retryOnConcurrentWrite(() => probes.updateOne({ _id: 'write' }, now, { upsert: true }));
  }

  /**
   * Returns the server's time. If a server does not know the command `hello`, uses `isMaster`, the older form
   * of this command.
   */
  async function serverTime(): Promise<Date> {
    const { db } = connection;
    if (db === undefined) throw failure;
    const { localTime } = await db.command({ hello: 1 }).catch(() => db.command({ isMaster: 1 }));
    return localTime instanceof Date ? localTime : new Date(Number.NaN);
  }

  async function close(): Promise<void> {
    closing.abort();
    // An attempt to connect cannot be canceled. Wait until the attempt ends, which takes at most the connect
    // timeout.
    await reached.catch(() => undefined);
    await connection.destroy();
  }

  async function* records(): AsyncGenerator<StoredRecord> {
    const collections = await connection.listCollections();
    for (const place of collections.map(({ name }) => name).toSorted())
      for await (const record of connection.collection(place).find({})) yield { place, record };
  }

  let closed: Promise<void> | undefined;
  return {
    kind: 'mongo',
    name: 'mongodb',
    connection,
    reached,
    health: mapMongoErrors({ ping }).ping,
    onPermissionDenied,
    serverTime: mapMongoErrors({ serverTime }).serverTime,
    checkWritable: mapMongoErrors({ writeProbe }).writeProbe,
    records: mapMongoErrors({ records }).records,
    close() {
      closed ??= close();
      return closed;
    },
  };
}

/**
 * Returns the driver's settings. They override the write concern in the URL: MongoDB acknowledges a write
 * only when a majority of the servers have written it to their journals. The URL can turn off retryable
 * writes, because servers such as DocumentDB need `retryWrites=false`. The driver uses retryable writes only
 * on replica sets and mongos, because no other server recognises a repeated write (retryable-writes.test.ts).
 */
function settings({
  url,
  database,
  answersWithinMs = ANSWER_MS,
  availableWithinMs = AVAILABLE_MS,
}: MongoOptions): ConnectOptions {
  return {
    ...databaseOf(url, database),
    autoIndex: false,
    autoCreate: false,
    bufferCommands: false,
    ignoreUndefined: true,
    serverSelectionTimeoutMS: availableWithinMs,
    waitQueueTimeoutMS: availableWithinMs,
    connectTimeoutMS: CONNECT_MS,
    socketTimeoutMS: limited(answersWithinMs),
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: limited(answersWithinMs - WRITE_MARGIN_MS) },
    readPreference: 'primary',
    appName: 'latchkey',
  };
}

/** Converts an infinite limit to 0, which means "no limit" to the driver and the server. */
function limited(ms: number): number {
  return Number.isFinite(ms) ? ms : 0;
}

function databaseOf(url: string, database: string | undefined): Pick<ConnectOptions, 'dbName'> {
  if (database !== undefined) return { dbName: database };
  const named = /^mongodb(?:\+srv)?:\/\/[^/]+\/[^?]/.test(url);
  return named ? {} : { dbName: DATABASE };
}

/**
 * Converts an error of the driver to an error of this package.
 * @throws the given error itself, if it does not come from the driver
 */
function failureOrRefusal(error: unknown): MongoFailure | StoreMisconfigured {
  const { MongoAPIError, MongoServerError } = loadMongoose().mongo;
  if (error instanceof MongoServerError && error.code === AUTHENTICATION_FAILED) {
    return new StoreMisconfigured('MongoDB refuses the user name or password in MONGO_URL.');
  }
  // Do not use the message of the driver's error: it may quote the URL, and with it the password.
  if (error instanceof MongoAPIError || (error instanceof Error && URL_ERRORS.includes(error.name))) {
    return new StoreMisconfigured(`MONGO_URL is not a usable MongoDB connection string${hintFor(error)}.`);
  }
  const failure = toMongoFailure(error);
  if (failure === undefined) throw error;
  return failure;
}

/**
 * Returns a hint about what is wrong with the URL, without quoting the URL; an empty string if the cause is
 * unknown.
 * @param error the driver's error
 */
function hintFor({ message }: Error): string {
  if (/unescaped|^Invalid connection string|^URI malformed/.test(message))
    return ': percent-encode special characters in the user name and the password, for example @ as %40';
  if (/^options? .* (?:is|are) not supported/.test(message))
    return ': it has an option that the MongoDB driver does not know';
  return '';
}
