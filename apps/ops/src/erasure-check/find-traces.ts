/** Searches every store and topic for traces of a person. Reads all data once and changes nothing. */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '@latchkey/backend';
import type { LogReader } from '@latchkey/bus';
import type { PersonalDataTracePredicate } from './traces.ts';

/** The number of traces in a table, collection, topic or file. */
export interface PersonalDataTraceCount {
  /** The name of the table or collection, of the topic, or of the file. */
  readonly place: string;
  readonly kind: 'store' | 'topic' | 'file';
  readonly count: number;
}

/** Searches for traces in all tables or collections of the store. */
export async function countTracesInStore(
  store: Pick<Store, 'records'>,
  isTrace: PersonalDataTracePredicate,
): Promise<readonly PersonalDataTraceCount[]> {
  const counts = new Map<string, number>();
  for await (const { place, record } of store.records())
    if (isTrace(record)) counts.set(place, (counts.get(place) ?? 0) + 1);
  return [...counts].map(([place, count]) => ({ place, kind: 'store', count }));
}

/**
 * Searches for traces in topics.
 * @param topics the full names of the topics on the log
 */
export async function countTracesInLog(
  reader: LogReader,
  topics: readonly string[],
  isTrace: PersonalDataTracePredicate,
): Promise<readonly PersonalDataTraceCount[]> {
  const hits: PersonalDataTraceCount[] = [];
  for (const topic of topics) {
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

/**
 * Searches the raw bytes of a data folder's files, because the files may still contain data that was deleted
 * from the tables.
 */
export async function countTracesInFiles(
  folder: string,
  address: string,
): Promise<readonly PersonalDataTraceCount[]> {
  const hits: PersonalDataTraceCount[] = [];
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
    // Search the end of this chunk again together with the next chunk, because an occurrence of `text` may
    // begin in one chunk and end in the next. The end is shorter than `text`, so no occurrence is counted
    // twice.
    rest = read.slice(1 - text.length);
  }
  return count;
}
