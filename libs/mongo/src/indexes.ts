/** Indexes are made by an explicit step and checked at start: a service neither makes nor lacks one unnoticed. */
import type { Connection } from 'mongoose';
import { driver } from './driver.ts';
import { failureOf } from './failures.ts';

export interface Index {
  readonly collection: string;
  readonly name: string;
  /** In this order. 1 ascending, -1 descending. */
  readonly keys: Readonly<Record<string, 1 | -1>>;
  readonly unique?: true;
  /** Holds only documents that have one of its keys at least. */
  readonly sparse?: true;
}

/** Indexes are missing or not as they have to be. One clear line. */
export class IndexError extends Error {
  override readonly name = 'IndexError';
}

/** Those of which there is none of that name. */
export async function missingIndexes(
  connection: Connection,
  indexes: readonly Index[],
): Promise<readonly Index[]> {
  const missing: Index[] = [];
  for (const index of indexes) {
    const existing = await existingOf(connection, index.collection);
    if (!existing.has(index.name)) missing.push(index);
  }
  return missing;
}

/** Makes what is missing; leaves what is there. @throws IndexError if one stands in the way; MongoFailure */
export async function ensureIndexes(connection: Connection, indexes: readonly Index[]): Promise<void> {
  const { db } = await connection.asPromise();
  for (const { collection, name, keys, ...options } of indexes) {
    try {
      await db?.collection(collection).createIndex({ ...keys }, { name, ...options });
    } catch (error) {
      throw explained(error, `${collection}.${name}`);
    }
  }
}

/**
 * Looks whether all are there as declared.
 * @param command what makes them, to be named in the error
 * @throws IndexError; MongoFailure
 */
export async function checkIndexes(
  connection: Connection,
  indexes: readonly Index[],
  command: string,
): Promise<void> {
  const collections = new Set(indexes.map(({ collection }) => collection));
  const faults: string[] = [];
  for (const collection of collections) {
    const existing = await existingOf(connection, collection);
    for (const index of indexes) {
      if (index.collection === collection) faults.push(...faultsOf(index, existing.get(index.name)));
    }
  }
  if (faults.length > 0) throw new IndexError(`MONGO_URL: MongoDB ${faults.join(', ')}. Run: ${command}`);
}

interface ExistingIndex {
  readonly key: object;
  readonly unique?: boolean;
  readonly sparse?: boolean;
}

function faultsOf(index: Index, existing: ExistingIndex | undefined): readonly string[] {
  const where = `index ${index.name} on collection ${index.collection}`;
  if (existing === undefined) return [`lacks ${where}`];
  const same =
    JSON.stringify(existing.key) === JSON.stringify(index.keys) &&
    (existing.unique ?? false) === (index.unique ?? false) &&
    (existing.sparse ?? false) === (index.sparse ?? false);
  return same ? [] : [`has another ${where} than the one needed (drop it)`];
}

const NAMESPACE_NOT_FOUND = 26;

async function existingOf(
  connection: Connection,
  collection: string,
): Promise<ReadonlyMap<string, ExistingIndex>> {
  const { db } = await connection.asPromise();
  try {
    const indexes = (await db?.collection(collection).indexes()) ?? [];
    return new Map(indexes.map((index) => [String(index.name), index]));
  } catch (error) {
    if (error instanceof driver().mongo.MongoServerError && error.code === NAMESPACE_NOT_FOUND)
      return new Map();
    throw failureOf(error) ?? error;
  }
}

/** IndexOptionsConflict, IndexKeySpecsConflict: an index of that name or those keys is there already. */
const CONFLICTS: readonly unknown[] = [85, 86];
const DUPLICATE_KEY = 11000;

function explained(error: unknown, index: string): unknown {
  if (!(error instanceof driver().mongo.MongoServerError)) return failureOf(error) ?? error;
  if (CONFLICTS.includes(error.code)) {
    return new IndexError(`Another index stands in the way of ${index}: drop it and repeat.`);
  }
  if (error.code === DUPLICATE_KEY) {
    return new IndexError(`The collection holds duplicates, so ${index} cannot be unique.`);
  }
  return failureOf(error);
}
