import type { Kafka } from 'kafkajs';
import type { BusRecord } from '../bus.ts';
import { keyBeforeSlash } from '../partitioner.ts';
import { readPartitionOffsetRanges, readPartitionRecords } from './read-partition.ts';

export interface RecordsOfKeyQuery {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly fromOffset: number;
  readonly toOffset: number | undefined;
}

/**
 * Yields the records of a key within a range of offsets of one partition. Stops at the current end of the
 * partition if the range ends later.
 */
export async function* readRecordsOfKey(kafka: Kafka, query: RecordsOfKeyQuery): AsyncGenerator<BusRecord> {
  const { topic, partition, fromOffset, toOffset = Number.POSITIVE_INFINITY } = query;
  const wanted = Buffer.from(query.key);
  const range = (await readPartitionOffsetRanges(kafka, topic)).find((each) => each.partition === partition);
  if (!range) throw new Error(`The topic ${topic} has no partition ${partition}.`);
  const rest = {
    ...range,
    start: Math.max(range.start, fromOffset),
    end: Math.min(range.end, toOffset),
  };
  for await (const records of readPartitionRecords(kafka, topic, rest)) {
    for (const record of records) if (record.key && keyBeforeSlash(record.key).equals(wanted)) yield record;
  }
}
