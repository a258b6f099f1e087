import type { LogReader } from '@latchkey/bus';
import { splitIntoNonBlockingChunks } from './non-blocking-chunks.ts';
import type { TopicIndex } from './topic-index.ts';

/**
 * Reports the progress of a long operation. Called often.
 * @param what what is being counted
 * @param done the current count
 */
export type OnProgress = (what: string, done: number) => void;

/**
 * How many records are read in one turn of the event loop. One record takes about a tenth of a millisecond.
 */
const RECORDS_PER_TURN = 100;

export interface TopicReader {
  /** Reads the topics to their current ends, starting where the previous call has stopped. */
  readToEnd(): Promise<void>;
}

/** Creates a reader that fills an index with the events on topics. */
export function createTopicReader(deps: {
  readonly log: LogReader;
  /** The names that the topics have on the log. */
  readonly topics: readonly string[];
  readonly index: TopicIndex;
  readonly onProgress: OnProgress;
}): TopicReader {
  const { log, topics, index, onProgress } = deps;
  const positions = new Map<string, number>();
  let records = 0;

  async function readTopic(topic: string): Promise<void> {
    for (const range of await log.ranges(topic)) {
      const partition = `${topic}/${range.partition}`;
      const start = Math.max(range.start, positions.get(partition) ?? 0);
      for await (const batch of log.read(topic, { ...range, start })) {
        for await (const part of splitIntoNonBlockingChunks(batch, RECORDS_PER_TURN)) index.add(part);
        records += batch.length;
        onProgress('records of topics read', records);
      }
      positions.set(partition, range.end);
    }
  }

  return {
    async readToEnd() {
      for (const topic of topics) await readTopic(topic);
    },
  };
}
