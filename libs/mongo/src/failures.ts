import { type AsyncPort, mapPortErrors } from '@latchkey/store';
import type mongoose from 'mongoose';
import { loadMongoose } from './driver.ts';

/**
 * Replaces an error of the driver, whose message and fields may quote stored data. A MongoFailure names only
 * the kind of the failure. It is the cause of a StoreUnavailable.
 */
export class MongoFailure extends Error {
  constructor(kind: string) {
    super(`MongoDB failed: ${kind}`);
    this.name = 'MongoFailure';
  }
}

/** Matches mongoose's messages about a connection that is not open yet, or is closed. */
const notConnected = /before initial connection|force closed|closed and destroyed/;

/**
 * The error code of an operation that the server refuses because the user of MONGO_URL lacks a permission.
 */
const UNAUTHORIZED = 13;

/**
 * Matches the name of a refused operation and of its database in an error message, but not the values that
 * the server quotes.
 */
const deniedCommand = /not authorized on (\S+) to execute command \{ (\w+): "([\w.-]+)"/;

const deniedListeners = new Set<(reason: Error) => void>();

/**
 * Registers a listener for operations that the server refuses because the user lacks a permission. Retrying
 * does not help until an operator grants it.
 * @returns a function that removes the listener
 */
export function onPermissionDenied(listener: (reason: Error) => void): () => void {
  deniedListeners.add(listener);
  return () => void deniedListeners.delete(listener);
}

function reportDenied({ errmsg }: mongoose.mongo.MongoServerError): void {
  const [, database, command, collection] = deniedCommand.exec(String(errmsg)) ?? [];
  const what =
    command === undefined ? 'run a command that Latchkey needs' : `${command} on ${database}.${collection}`;
  const reason = new Error(`MONGO_URL: this user may not ${what}. See the rights in docs/operating.md.`);
  for (const listener of deniedListeners) listener(reason);
}

/** Converts an error of the driver to a failure. Returns undefined for any other error, such as a bug. */
export function toMongoFailure(error: unknown): MongoFailure | undefined {
  const { MongoError, MongoInvalidArgumentError, MongoServerError } = loadMongoose().mongo;
  if (error instanceof MongoFailure) return error;
  if (error instanceof MongoInvalidArgumentError) return undefined;
  if (error instanceof MongoServerError) {
    if (error.code === UNAUTHORIZED) reportDenied(error);
    return new MongoFailure(kindOf(error));
  }
  if (error instanceof MongoError || isOfConnection(error)) {
    return new MongoFailure(`${error.name}: ${error.message}`);
  }
  return undefined;
}

function kindOf({ name, code, codeName }: mongoose.mongo.MongoServerError): string {
  return [name, code, codeName].filter((part) => part !== undefined).join(' ');
}

function isOfConnection(error: unknown): error is Error {
  const { Error: MongooseError } = loadMongoose();
  return (
    error instanceof MongooseError.MongooseServerSelectionError ||
    (error instanceof MongooseError && notConnected.test(error.message))
  );
}

/**
 * The error code of a duplicate key in a unique index. Recognise this error only by its code, because servers
 * differ in the text and the other fields.
 */
export const DUPLICATE_KEY_CODE = 11000;
/** The error code of a write conflict: another client wrote the same document at the same time. */
const WRITE_CONFLICT = 112;

function isRace(code: unknown): boolean {
  return code === DUPLICATE_KEY_CODE || code === WRITE_CONFLICT;
}

/**
 * Returns whether a write failed only because another client wrote the same document at the same time. A bulk
 * write counts only if all of its failed writes failed for this reason. Returns false for a bulk write that
 * was interrupted, because the error then does not list the writes that were not tried.
 */
export function isConcurrentWriteError(error: unknown): boolean {
  const { MongoBulkWriteError, MongoServerError } = loadMongoose().mongo;
  if (error instanceof MongoBulkWriteError) {
    const durable = error.result.getWriteConcernError() === undefined;
    return durable && isRace(error.code) && [error.writeErrors].flat().every(({ code }) => isRace(code));
  }
  return error instanceof MongoServerError && isRace(error.code);
}

/** Matches the messages of network errors that occur before anything is sent. */
const NOTHING_SENT = /^connect /;

/**
 * Returns whether a write may have taken place although it failed with this error. This is the case if the
 * connection was lost before the response, or if too few members of the replica set have acknowledged the
 * write so far.
 */
export function mayHaveBeenWritten(error: unknown): boolean {
  const { MongoNetworkError, MongoWriteConcernError } = loadMongoose().mongo;
  if (error instanceof MongoWriteConcernError) return true;
  // The driver throws MongoPoolClearedError for a request that is still waiting for a connection, so the
  // request was not sent.
  if (!(error instanceof MongoNetworkError) || error.name === 'MongoPoolClearedError') return false;
  return !NOTHING_SENT.test(error.message);
}

const MAX_RETRIES = 5;

/**
 * Runs a write, and retries it if it has failed because of a concurrent write. For example, two upserts of
 * the same document may both try to insert it.
 */
export async function retryOnConcurrentWrite<T>(attempt: () => Promise<T>): Promise<T> {
  for (let retries = 0; ; retries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isConcurrentWriteError(error) || retries === MAX_RETRIES) throw error;
    }
  }
}

/** Wraps the methods of a store's port, so that failures of MongoDB become StoreUnavailable. */
export function mapMongoErrors<Port extends object & AsyncPort<Port>>(port: Port): Port {
  return mapPortErrors(port, toMongoFailure);
}
