/** Appends unusable records directly to the log of a running system. */
import { randomUUID } from 'node:crypto';
import { createEmbeddedBus, createEmbeddedLogReader } from '@latchkey/bus/embedded';
import { openDatabase } from '@latchkey/sqlite';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import type { RawRecord } from './poison.ts';

export const ACCOUNTS_TOPIC = 'accounts.events.v1';
export const MAILINGS_TOPIC = 'mailings.events.v1';
const PARTITIONS = 12;

export interface PoisonLog {
  /**
   * Appends a record to a partition, which must be the partition that the key belongs to.
   * @returns `topic/partition/offset` of the record
   */
  append(topic: string, partition: number, record: RawRecord): Promise<string>;
  close(): Promise<void>;
}

const choose = Partitioners.DefaultPartitioner();
const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => ({
  partitionId,
  leader: 1,
  partitionErrorCode: 0,
  replicas: [],
  isr: [],
}));

/** Returns the number of the partition to which the services write records with the given key. */
export function computePartition(key: string | Buffer): number {
  return choose({ topic: ACCOUNTS_TOPIC, partitionMetadata, message: { key, value: null } });
}

/** Returns the first of the keys `key(0)`, `key(1)`, … whose records belong to the partition. */
export function findKeyInPartition<Key extends string | Buffer>(
  partition: number,
  key: (n: number) => Key,
): Key {
  for (let n = 0; ; n += 1) {
    const candidate = key(n);
    if (computePartition(candidate) === partition) return candidate;
  }
}

export async function openKafkaLog(brokers: string): Promise<PoisonLog> {
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'poison', logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return {
    append: async (topic, partition, record) => {
      const [answer] = await producer.send({
        topic,
        acks: -1,
        messages: [{ ...record, partition, headers: { ...record.headers } }],
      });
      return `${topic}/${partition}/${answer?.baseOffset}`;
    },
    close: () => producer.disconnect(),
  };
}

/** Opens the embedded log in the data folder of a running server. */
export function openEmbeddedLog(folder: string): PoisonLog {
  const database = openDatabase({ folder, as: 'shared' });
  const bus = createEmbeddedBus({ database });
  const reader = createEmbeddedLogReader(database);

  async function appendOne(topic: string, record: RawRecord): Promise<readonly [number, number]> {
    const mark = randomUUID();
    const before = await reader.ranges(topic);
    await bus.publish(topic, [{ ...record, headers: { ...record.headers, mark } }]);
    for (const { partition, end } of await reader.ranges(topic)) {
      const range = { partition, start: before[partition]?.end ?? 0, end };
      const added = (await Array.fromAsync(reader.read(topic, range))).flat();
      const found = added.find(({ headers }) => String(headers['mark']) === mark);
      if (found) return [partition, found.offset];
    }
    throw new Error('what was published is nowhere');
  }

  return {
    append: async (topic, partition, record) => {
      // The log distributes records without a key over all partitions in turn. Append the record until a copy
      // of it is in the wanted partition.
      for (let tries = 0; tries < PARTITIONS; tries += 1) {
        const [where, offset] = await appendOne(topic, record);
        if (where === partition) return `${topic}/${where}/${offset}`;
      }
      throw new Error(`it does not belong on partition ${partition}`);
    },
    close: async () => {
      await bus.close();
      await database.close();
    },
  };
}
