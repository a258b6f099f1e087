import type { Kafka, Message, PartitionerArgs, Producer } from 'kafkajs';
import type { OutgoingRecord } from '../bus.ts';
import { createPartitionChooser } from './choose-partition.ts';
import { splitIntoBatches, toKafkaMessage } from './records.ts';

const ALL_REPLICAS = -1;
const ACK_TIMEOUT_MS = 10_000;
/** The maximum size of a batch, in bytes. It is less than Kafka's default for `max.message.bytes`, 1 MiB. */
const BYTES_AT_ONCE = 768 * 1024;

export interface KafkaPublisher {
  /**
   * Publishes records, and resolves once every record is durable.
   * @throws Error if a record may not be durable
   */
  publish(topic: string, records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** The broker's response for one partition of a produce request. */
interface Answer {
  readonly topicName: string;
  readonly partition: number;
  readonly errorCode: number;
}

/**
 * Creates a publisher that sends without kafkajs's retries and without its idempotent mode, because both
 * may lose records. About retries: kafkajs sends a retry only to brokers that have not responded yet. If
 * the leader of a partition has moved to a broker that has already responded, the retry sends nothing, but
 * reports success. About the idempotent mode: kafkajs resets its sequence number after a request timeout,
 * and the broker then mistakes the next batch for a duplicate.
 * @param partitionsOf returns the number of partitions over which the records of a topic are spread;
 * undefined to use all partitions. Partitions that somebody adds later are not used, so that all records of
 * a key stay in one partition
 */
export function createKafkaPublisher(
  kafka: Kafka,
  partitionsOf: (topic: string) => number | undefined = () => undefined,
): KafkaPublisher {
  const partitionOf = new WeakMap<Message, number>();
  let connected: Promise<Producer> | undefined;

  function createPartitioner() {
    const choose = createPartitionChooser(partitionsOf);
    return (args: PartitionerArgs): number => {
      const partition = choose(args);
      partitionOf.set(args.message, partition);
      return partition;
    };
  }

  async function connect(): Promise<Producer> {
    const producer = kafka.producer({
      createPartitioner,
      idempotent: false,
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
      retry: { retries: 0 },
    });
    await producer.connect();
    return producer;
  }

  async function drop(producer: Promise<Producer> | undefined): Promise<void> {
    if (connected === producer) connected = undefined;
    await producer?.then((each) => each.disconnect()).catch(() => undefined);
  }

  async function send(topic: string, records: readonly OutgoingRecord[]): Promise<void> {
    connected ??= connect();
    const producer = connected;
    const messages = records.map(toKafkaMessage);
    try {
      const answers = await (await producer).send({
        topic,
        messages,
        acks: ALL_REPLICAS,
        timeout: ACK_TIMEOUT_MS,
      });
      assertAllAcknowledged(
        topic,
        messages.map((message) => partitionOf.get(message)),
        answers,
      );
    } catch (err) {
      // Replace this kafkajs producer, because a producer that has published to a deleted topic no longer
      // works: it keeps requesting the metadata of that topic, and rejects the records for all other topics
      // as well.
      void drop(producer);
      throw err;
    }
  }

  return {
    async publish(topic, records) {
      for (const run of splitIntoBatches(records, BYTES_AT_ONCE)) await send(topic, run);
    },
    close: () => drop(connected),
  };
}

/**
 * Asserts that the brokers have stored all records.
 * @throws Error unless the responses confirm every partition that was written to
 */
export function assertAllAcknowledged(
  topic: string,
  written: readonly (number | undefined)[],
  answers: readonly Answer[],
): void {
  const acknowledged = new Set<number | undefined>(
    answers
      .filter(({ topicName, errorCode }) => topicName === topic && errorCode === 0)
      .map(({ partition }) => partition),
  );
  const missing = new Set(written.filter((partition) => !acknowledged.has(partition)));
  if (missing.size > 0)
    throw new Error(`No acknowledgement for partition ${[...missing].join(', ')} of ${topic}.`);
}
