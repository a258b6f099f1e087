import type { BusRecord } from '../bus.ts';
import { DEAD_LETTER_RETENTION_MS, formatDeadLetterTopicName, toDeadLetter } from '../dead-letter.ts';
import type { KafkaLogger } from './connection.ts';
import type { KafkaPublisher } from './publisher.ts';
import type { KafkaTopic } from './topics.ts';

/**
 * The maximum size of a batch on a dead-letter topic, in bytes: large enough for the largest record with the
 * headers of a dead letter.
 */
const LARGEST_BATCH_BYTES = 2 * 1024 * 1024;

export interface DeadLetterWriterDeps {
  readonly publisher: KafkaPublisher;
  readonly logger: KafkaLogger;
  /**
   * Creates a topic with the replication factor of the topic `like`.
   * @returns false if the topic exists already
   */
  make(topic: KafkaTopic, like: string): Promise<boolean>;
  /**
   * Returns one sentence for each difference between an existing topic and the topic that `make` would
   * create.
   */
  differences(topic: KafkaTopic, like: string): Promise<readonly string[]>;
}

export interface DeadLetterWriter {
  /**
   * Publishes records that no handler can use to the topic `<topic>.dlq.<group>`, which is created if it is
   * missing. Resolves once the records are durable.
   */
  add(topic: string, group: string, unusable: ReadonlyMap<BusRecord, string>): Promise<void>;
}

export function createDeadLetterWriter({
  publisher,
  logger,
  make,
  differences,
}: DeadLetterWriterDeps): DeadLetterWriter {
  const known = new Set<string>();
  /**
   * The dead-letter topics whose settings were already compared with the settings of a new topic. Each is
   * compared only once, even if its settings could not be read.
   */
  const told = new Set<string>();

  /**
   * Warns if the settings of an existing dead-letter topic differ from those of a new one, at most once per
   * topic. The topic is still used, because otherwise the consumer could not continue with the partition.
   */
  async function tellDifferences(letters: KafkaTopic, topic: string): Promise<void> {
    if (told.has(letters.name)) return;
    told.add(letters.name);
    try {
      const found = await differences(letters, topic);
      if (found.length > 0) logger.warn({ topic: letters.name }, `${found.join(' ')} ${WHAT_TO_DO}`);
    } catch (err) {
      logger.warn(
        { err, topic: letters.name },
        'the settings of a dead-letter topic could not be checked; dead letters are written to it nevertheless',
      );
    }
  }

  return {
    async add(topic, group, unusable) {
      const name = formatDeadLetterTopicName(topic, group);
      const letters = {
        name,
        partitions: 1,
        retentionMs: DEAD_LETTER_RETENTION_MS,
        largestBatchBytes: LARGEST_BATCH_BYTES,
      };
      if (!known.has(name) && !(await make(letters, topic))) await tellDifferences(letters, topic);
      known.add(name);
      try {
        await publisher.publish(name, Array.from(unusable, toDeadLetter));
      } catch (err) {
        known.delete(name);
        throw err;
      }
    },
  };
}

const WHAT_TO_DO =
  "Dead letters are written to this topic nevertheless. To change the topic, use Kafka's own tools (kafka-configs, kafka-reassign-partitions).";
