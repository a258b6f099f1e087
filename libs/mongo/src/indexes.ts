import { SchemaError } from '@latchkey/store';
import type { Connection } from 'mongoose';
import { loadMongoose } from './driver.ts';
import { DUPLICATE_KEY_CODE } from './failures.ts';

export interface MongoIndex {
  readonly collection: string;
  readonly name: string;
  /** The fields of the index, in this order: 1 for ascending, -1 for descending. */
  readonly keys: Readonly<Record<string, 1 | -1>>;
  readonly unique?: true;
  /** Set if the index contains only documents that have at least one of its fields. */
  readonly sparse?: true;
  /** Set if the index contains only the documents in which the given fields have the given values. */
  readonly only?: Readonly<Record<string, string>>;
}

/**
 * Returns the given indexes without those whose names exist in the database.
 * @throws the driver's errors
 */
export async function findMissingIndexes(
  connection: Connection,
  indexes: readonly MongoIndex[],
): Promise<readonly MongoIndex[]> {
  const missing: MongoIndex[] = [];
  for (const index of indexes) {
    const existing = await existingOf(connection, index.collection);
    if (!existing.has(index.name)) missing.push(index);
  }
  return missing;
}

/**
 * Creates the missing indexes.
 * @throws SchemaError if existing indexes or data prevent their creation; the driver's errors
 */
export async function ensureIndexes(connection: Connection, indexes: readonly MongoIndex[]): Promise<void> {
  const { db } = await connection.asPromise();
  for (const { collection, name, keys, only, ...options } of indexes) {
    const partial = only && { partialFilterExpression: only };
    try {
      await db?.collection(collection).createIndex({ ...keys }, { name, ...options, ...partial });
    } catch (error) {
      throw explained(error, `${collection}.${name}`);
    }
  }
}

/**
 * Returns what is wrong with the indexes in the database. Each fault is a text such as "lacks the index …",
 * which the caller appends to "MongoDB" to form a sentence.
 * @throws the driver's errors
 */
export async function findIndexFaults(
  connection: Connection,
  indexes: readonly MongoIndex[],
): Promise<string[]> {
  const collections = new Set(indexes.map(({ collection }) => collection));
  const faults: string[] = [];
  for (const collection of collections) {
    const existing = await existingOf(connection, collection);
    for (const index of indexes) {
      if (index.collection === collection) faults.push(...faultsOf(index, existing.get(index.name)));
    }
  }
  return faults;
}

interface ExistingIndex {
  readonly key: object;
  readonly unique?: boolean;
  readonly sparse?: boolean;
  readonly partialFilterExpression?: object;
}

function faultsOf(index: MongoIndex, existing: ExistingIndex | undefined): readonly string[] {
  const where = `index ${index.name} on collection ${index.collection}`;
  if (existing === undefined) return [`lacks ${where}`];
  const same =
    JSON.stringify(existing.key) === JSON.stringify(index.keys) &&
    (existing.unique ?? false) === (index.unique ?? false) &&
    (existing.sparse ?? false) === (index.sparse ?? false) &&
    JSON.stringify(existing.partialFilterExpression) === JSON.stringify(index.only);
  return same ? [] : [`has an ${where} that differs from the required index (drop it)`];
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
    if (error instanceof loadMongoose().mongo.MongoServerError && error.code === NAMESPACE_NOT_FOUND)
      return new Map();
    throw error;
  }
}

/**
 * The error codes IndexOptionsConflict and IndexKeySpecsConflict. They mean that an index with this name, or
 * with these fields, already exists.
 */
const CONFLICTS: readonly unknown[] = [85, 86];

function explained(error: unknown, index: string): unknown {
  if (!(error instanceof loadMongoose().mongo.MongoServerError)) return error;
  if (CONFLICTS.includes(error.code)) {
    return new SchemaError(
      `An existing index conflicts with ${index}: drop the existing index and try again.`,
    );
  }
  if (error.code === DUPLICATE_KEY_CODE) {
    return new SchemaError(`The collection holds duplicates, so ${index} cannot be unique.`);
  }
  return error;
}
