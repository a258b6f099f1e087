import type { LogReader } from '@latchkey/bus';
import type { Tell } from '../tell.ts';
import type { TopicBook } from './topic-book.ts';

export interface TopicFollower {
  /** Reads on from where it was to the ends that the topics have now. */
  readOn(): Promise<void>;
}

/** Fills a book from topics. */
export function followTopics(deps: {
  readonly log: LogReader;
  /** As they are called on the log. */
  readonly topics: readonly string[];
  readonly book: TopicBook;
  readonly progress: Tell;
}): TopicFollower {
  const { log, topics, book, progress } = deps;
  const reached = new Map<string, number>();
  let records = 0;

  async function readTopic(topic: string): Promise<void> {
    for (const range of await log.ranges(topic)) {
      const place = `${topic}/${range.partition}`;
      const start = Math.max(range.start, reached.get(place) ?? 0);
      for await (const run of log.read(topic, { ...range, start })) {
        book.take(run);
        records += run.length;
        progress('records of topics read', records);
      }
      reached.set(place, range.end);
    }
  }

  return {
    async readOn() {
      for (const topic of topics) await readTopic(topic);
    },
  };
}
