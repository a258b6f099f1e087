/** Searches every store and topic for traces of a person. Reads all data once and changes nothing. */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '@latchkey/backend';
import type { LogReader } from '@latchkey/bus';
import type { TracePredicate } from './traces.ts';

/** The number of traces in a table, collection, topic or file. */
export interface TracesFound {
  /** The name of the table or collection, of the topic, or of the file. */
  readonly place: string;
  readonly kind: 'store' | 'topic' | 'file';
  readonly count: number;
}

/** Matches the tables of the embedded log. They are skipped here, because the log is searched topic by topic. */
const LOG_TABLES = /^bus_/;

/** Searches for traces in all tables of the embedded store, or in all collections of the MongoDB database. */
export async function findTracesInStore(
  store: Store,
  isTrace: TracePredicate,
): Promise<readonly TracesFound[]> {
  const hits: TracesFound[] = [];
  for (const place of await placesOf(store)) {
    const count = await countIn(store, place, isTrace);
    if (count > 0) hits.push({ place, kind: 'store', count });
  }
  return hits;
}

async function placesOf(store: Store): Promise<readonly string[]> {
  if (store.kind === 'sqlite')
    return store.database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .all()
      .map(({ name }) => String(name))
      .filter((name) => !LOG_TABLES.test(name));
  const collections = await store.connection.listCollections();
  return collections.map(({ name }) => name).toSorted();
}

async function countIn(store: Store, place: string, isTrace: TracePredicate): Promise<number> {
  let count = 0;
  if (store.kind === 'sqlite') {
    const statement = store.database.prepare(`SELECT * FROM "${place}"`);
    for (const row of statement.iterate()) if (isTrace(row)) count += 1;
    return count;
  }
  for await (const document of store.connection.collection(place).find({})) if (isTrace(document)) count += 1;
  return count;
}

/**
 * Searches for traces in topics and their dead-letter topics.
 * @param names the full names of the topics on the log
 */
export async function findTracesInLog(
  reader: LogReader,
  names: readonly string[],
  isTrace: TracePredicate,
): Promise<readonly TracesFound[]> {
  const hits: TracesFound[] = [];
  for (const topic of await reader.topics()) {
    if (!names.some((name) => topic === name || topic.startsWith(`${name}.dlq.`))) continue;
    let count = 0;
    for (const range of await reader.ranges(topic)) {
      if (range.start === range.end) continue;
      for await (const records of reader.read(topic, range))
        for (const { key, value, headers } of records) if (isTrace({ key, value, headers })) count += 1;
    }
    if (count > 0) hits.push({ place: topic, kind: 'topic', count });
  }
  return hits;
}

const BYTES_AT_ONCE = 1024 * 1024;

/** Searches the raw bytes of a data folder's files: they may still contain data that was deleted from the tables. */
export async function findTracesInFiles(folder: string, address: string): Promise<readonly TracesFound[]> {
  const hits: TracesFound[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const count = await countInFile(join(folder, entry.name), address.toLowerCase());
    if (count > 0) hits.push({ place: entry.name, kind: 'file', count });
  }
  return hits;
}

/**
 * Counts the occurrences of a string in a file. Reads the file in chunks, because a database may be larger than the
 * longest possible string.
 */
async function countInFile(path: string, text: string): Promise<number> {
  let count = 0;
  let rest = '';
  for await (const part of createReadStream(path, { encoding: 'latin1', highWaterMark: BYTES_AT_ONCE })) {
    const read = rest + String(part).toLowerCase();
    count += read.split(text).length - 1;
    // An occurrence may span two chunks. The kept end is shorter than `text`, so no occurrence is counted twice.
    rest = read.slice(1 - text.length);
  }
  return count;
}
