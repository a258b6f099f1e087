import { type AsyncPort, guardPort } from '@latchkey/store';
import type mongoose from 'mongoose';
import { driver } from './driver.ts';

/**
 * MongoDB failed, cannot be reached or did not answer: whether what was asked for took place is unknown. Stands
 * in place of the driver's error, whose text and fields may quote what was stored: it names the kind alone.
 */
export class MongoFailure extends Error {
  constructor(kind: string) {
    super(`MongoDB failed: ${kind}`);
    this.name = 'MongoFailure';
  }
}

/** What mongoose says instead of asking a server that it has not reached yet, or was told to leave. */
const notConnected = /before initial connection|force closed|closed and destroyed/;

/** The failure that a driver's error stands for; undefined for errors of another origin, faults of ours too. */
export function failureOf(error: unknown): MongoFailure | undefined {
  const { MongoError, MongoInvalidArgumentError, MongoServerError } = driver().mongo;
  if (error instanceof MongoInvalidArgumentError) return undefined;
  if (error instanceof MongoServerError) return new MongoFailure(kindOf(error));
  if (error instanceof MongoError || isOfConnection(error)) {
    return new MongoFailure(`${error.name}: ${error.message}`);
  }
  return undefined;
}

function kindOf({ name, code, codeName }: mongoose.mongo.MongoServerError): string {
  return [name, code, codeName].filter((part) => part !== undefined).join(' ');
}

function isOfConnection(error: unknown): error is Error {
  const { Error: MongooseError } = driver();
  return (
    error instanceof MongooseError.MongooseServerSelectionError ||
    (error instanceof MongooseError && notConnected.test(error.message))
  );
}

/** A unique index has the key already. The code alone tells: text and fields differ between servers. */
const DUPLICATE_KEY = 11000;
/** Somebody wrote the same document meanwhile. */
const WRITE_CONFLICT = 112;

function isRace(code: unknown): boolean {
  return code === DUPLICATE_KEY || code === WRITE_CONFLICT;
}

/**
 * Whether a write failed because another had come first; of a bulk, whether each one that failed did. A bulk that was
 * cut off is none, although the driver names no write that failed then, or only those that failed before: its code is
 * that of what cut it off, if there is one at all.
 */
export function isLostRace(error: unknown): boolean {
  const { MongoBulkWriteError, MongoServerError } = driver().mongo;
  if (error instanceof MongoBulkWriteError) {
    const durable = error.result.getWriteConcernError() === undefined;
    return durable && isRace(error.code) && [error.writeErrors].flat().every(({ code }) => isRace(code));
  }
  return error instanceof MongoServerError && isRace(error.code);
}

const MOST_REPETITIONS = 5;

/** Makes an attempt again if it lost a race: for upserts of one document, of which two may both try to insert. */
export async function repeatingLost<T>(attempt: () => Promise<T>): Promise<T> {
  for (let repetitions = 0; ; repetitions += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isLostRace(error) || repetitions === MOST_REPETITIONS) throw error;
    }
  }
}

/** Returns the port with failures of MongoDB mapped to StoreUnavailable. */
export function guardMongo<Port extends object & AsyncPort<Port>>(port: Port): Port {
  return guardPort(port, failureOf);
}
