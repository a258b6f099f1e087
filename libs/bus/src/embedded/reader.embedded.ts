import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '@latchkey/sqlite';
import type { LogReader } from '../reader.ts';
import { createEmbeddedLog } from './log.ts';

/** How many rows one query reads, so that no query blocks the event loop for long. */
const ROWS_AT_ONCE = 1000;

/** Reads topics of the embedded store, even while a server writes to them. */
export function createEmbeddedLogReader(database: Database): LogReader {
  const log = createEmbeddedLog(database);
  return {
    topics: async () => log.topics().map(({ name }) => name),
    async ranges(name) {
      return log.ranges(log.topic(name));
    },
    async *read(name, { partition, start, end }) {
      const topic = log.topic(name);
      for (let at = start; at < end; ) {
        const records = log.from(topic, partition, at, Math.min(ROWS_AT_ONCE, end - at));
        const last = records.at(-1);
        if (last === undefined) return;
        yield records;
        at = last.offset + 1;
        await nextTurn();
      }
    },
  };
}
