import { type Kafka, type Message, type PartitionerArgs, Partitioners, type Producer } from 'kafkajs';
import type { OutgoingRecord } from '../bus.ts';
import { runsOf, toMessage } from './records.ts';

const ALL_REPLICAS = -1;
const ACK_TIMEOUT_MS = 10_000;
/** Below the default `max.message.bytes` of 1 MiB. */
const BYTES_AT_ONCE = 768 * 1024;

export interface Publisher {
  /** @throws Error unless every record is known to be durable */
  publish(topic: string, records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** What a broker says of a partition that it was sent records for. */
interface Answer {
  readonly topicName: string;
  readonly partition: number;
  readonly errorCode: number;
}

/**
 * Sends without retrying. A retry of kafkajs sends only to brokers that have not answered yet: where a leader
 * moves meanwhile to one that has, it fulfils a send that never happened. And not idempotently: after a request
 * timeout kafkajs rolls its sequence back, and the broker takes the next batch for the former one.
 */
export function createPublisher(kafka: Kafka): Publisher {
  const partitionOf = new WeakMap<Message, number>();
  let connected: Promise<Producer> | undefined;

  function createPartitioner() {
    const choose = Partitioners.DefaultPartitioner();
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
    const messages = records.map(toMessage);
    try {
      const answers = await (await producer).send({
        topic,
        messages,
        acks: ALL_REPLICAS,
        timeout: ACK_TIMEOUT_MS,
      });
      refuseUnanswered(
        topic,
        messages.map((message) => partitionOf.get(message)),
        answers,
      );
    } catch (err) {
      // kafkajs keeps asking for the metadata of a topic that was deleted, and would refuse all the others.
      void drop(producer);
      throw err;
    }
  }

  return {
    async publish(topic, records) {
      for (const run of runsOf(records, BYTES_AT_ONCE)) await send(topic, run);
    },
    close: () => drop(connected),
  };
}

/** @throws Error unless every partition that was written to is among the answers, without an error. */
export function refuseUnanswered(
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
