import type { BusRecord } from '../bus.ts';
import { asDeadLetter, DEAD_LETTER_RETENTION_MS, deadLetterTopic } from '../dead-letter.ts';
import type { Publisher } from './publisher.ts';
import type { KafkaTopic } from './topics.ts';

/** Room for a record of the largest size with the headers that say why it was set aside. */
const LARGEST_BATCH_BYTES = 2 * 1024 * 1024;

export interface DeadLetterDeps {
  readonly publisher: Publisher;
  ensure(topic: KafkaTopic): Promise<void>;
}

export interface DeadLetters {
  /** Resolves once the records are durable in `<topic>.dlq.<group>`, which is made if it is missing. */
  add(topic: string, group: string, unusable: ReadonlyMap<BusRecord, string>): Promise<void>;
}

export function createDeadLetters({ publisher, ensure }: DeadLetterDeps): DeadLetters {
  const known = new Set<string>();
  return {
    async add(topic, group, unusable) {
      const name = deadLetterTopic(topic, group);
      if (!known.has(name))
        await ensure({
          name,
          partitions: 1,
          retentionMs: DEAD_LETTER_RETENTION_MS,
          largestBatchBytes: LARGEST_BATCH_BYTES,
        });
      known.add(name);
      try {
        await publisher.publish(name, Array.from(unusable, asDeadLetter));
      } catch (err) {
        known.delete(name);
        throw err;
      }
    },
  };
}
