import type { Kafka } from 'kafkajs';
import type { BusRecord } from '../bus.ts';
import { rangesOf, readPartition } from './read-partition.ts';

export interface KeyQuery {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly fromOffset: number;
}

/** Reads a partition once, up to the end that it has now, and yields what has the key. */
export async function* readKey(kafka: Kafka, query: KeyQuery): AsyncGenerator<BusRecord> {
  const { topic, partition, fromOffset } = query;
  const wanted = Buffer.from(query.key);
  const range = (await rangesOf(kafka, topic)).find((each) => each.partition === partition);
  if (!range) throw new Error(`The topic ${topic} has no partition ${partition}.`);
  const rest = { ...range, start: Math.max(range.start, fromOffset) };
  for await (const records of readPartition(kafka, topic, rest)) {
    for (const record of records) if (record.key?.equals(wanted)) yield record;
  }
}
