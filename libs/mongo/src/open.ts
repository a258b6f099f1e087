import { setTimeout as wait } from 'node:timers/promises';
import type { Connection, ConnectOptions } from 'mongoose';
import { driver } from './driver.ts';
import { failureOf, MongoFailure } from './failures.ts';

/** Where the URL names none. */
const DATABASE = 'latchkey';
/** How long an operation waits for a server before its request is answered with 503. */
const SELECTION_MS = 2000;
const CONNECT_MS = 2000;
/** How long a server may take to answer, unless it is said; then the connection is given up. */
const ANSWER_MS = 10_000;
/** How often a server that is away is looked for. */
const RETRY_MS = 1000;

const AUTHENTICATION_FAILED = 18;
/** The driver and its parser have a class each; by the last, the driver tells of a port that is no number. */
const OF_THE_URL: readonly string[] = ['MongoParseError', 'MongoRuntimeError'];

/** MONGO_URL is not one, or the server refuses what it says: waiting does not mend that. One clear line. */
export class MongoRefused extends Error {
  override readonly name = 'MongoRefused';
}

export interface MongoOptions {
  /** A MongoDB connection string. What it says of timeouts and durability is overruled. */
  readonly url: string;
  /** Instead of the database that the URL names (`latchkey`, if it names none). */
  readonly database?: string;
  /** How long a server may take to answer, in ms: 10 s, or `Infinity` where it is asked for work that takes long. */
  readonly answersWithinMs?: number;
}

export interface Mongo {
  /** For adapters: create them at once; they reject until the server has been reached. */
  readonly connection: Connection;
  /**
   * Resolves once the server was reached for the first time, however long that takes. Later it may go and
   * come back: operations reject meanwhile, and nobody has to reconnect.
   * @throws MongoRefused; MongoFailure if it was closed before.
   */
  readonly reached: Promise<void>;
  /** Asks the server for a sign of life. @throws MongoFailure */
  ping(): Promise<void>;
  /** Idempotent. Operations under way fail. */
  close(): Promise<void>;
}

/** Opens a pool of connections, and returns at once. */
export function openMongo(options: MongoOptions): Mongo {
  const connection = driver().createConnection();
  const closing = new AbortController();
  let failure = new MongoFailure('not reached yet');

  async function reach(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await connection.openUri(options.url, settings(options));
        return;
      } catch (error) {
        failure = failureOrRefusal(error);
      }
      await wait(RETRY_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
    throw failure;
  }

  const reached = reach();
  // Whoever awaits it is told; nobody has to.
  reached.catch(() => undefined);

  async function close(): Promise<void> {
    closing.abort();
    // A connection that is being made cannot be closed; making it ends by itself, soon.
    await reached.catch(() => undefined);
    await connection.destroy();
  }

  let closed: Promise<void> | undefined;
  return {
    connection,
    reached,
    async ping() {
      if (connection.db === undefined) throw failure;
      try {
        await connection.db.command({ ping: 1 });
      } catch (error) {
        throw failureOf(error) ?? error;
      }
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}

/**
 * Durability is ours to say: what is acknowledged is in the journals of a majority. Retried writes are the
 * URL's: DocumentDB-like servers want `retryWrites=false`.
 */
function settings({ url, database, answersWithinMs = ANSWER_MS }: MongoOptions): ConnectOptions {
  return {
    ...databaseOf(url, database),
    autoIndex: false,
    autoCreate: false,
    bufferCommands: false,
    ignoreUndefined: true,
    serverSelectionTimeoutMS: SELECTION_MS,
    waitQueueTimeoutMS: SELECTION_MS,
    connectTimeoutMS: CONNECT_MS,
    socketTimeoutMS: limited(answersWithinMs),
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: limited(answersWithinMs) },
    readPreference: 'primary',
    appName: 'latchkey',
  };
}

/** As driver and server take it: 0 is no limit. */
function limited(ms: number): number {
  return Number.isFinite(ms) ? ms : 0;
}

function databaseOf(url: string, database: string | undefined): Pick<ConnectOptions, 'dbName'> {
  if (database !== undefined) return { dbName: database };
  const named = /^mongodb(?:\+srv)?:\/\/[^/]+\/[^?]/.test(url);
  return named ? {} : { dbName: DATABASE };
}

/** The failure that may pass. @throws MongoRefused for one that will not, and errors of another origin. */
function failureOrRefusal(error: unknown): MongoFailure {
  const { MongoAPIError, MongoServerError } = driver().mongo;
  if (error instanceof MongoServerError && error.code === AUTHENTICATION_FAILED) {
    throw new MongoRefused('MongoDB refuses the user name or password in MONGO_URL.');
  }
  // Its message may quote the URL, and with it the password.
  if (error instanceof MongoAPIError || (error instanceof Error && OF_THE_URL.includes(error.name))) {
    throw new MongoRefused('MONGO_URL is not a usable MongoDB connection string.');
  }
  const failure = failureOf(error);
  if (failure === undefined) throw error;
  return failure;
}
