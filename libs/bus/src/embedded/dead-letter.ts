import type { BusRecord, OutgoingRecord } from '../bus.ts';
import type { Append, Log } from './log.ts';

const RETENTION_MS = 30 * 24 * 60 * 60 * 1000;

export const deadLetterTopic = (topic: string, group: string): string => `${topic}.dlq.${group}`;

interface SetAside {
  readonly topic: string;
  readonly group: string;
  /** The records with the cause of each. */
  readonly unusable: ReadonlyMap<BusRecord, string>;
  readonly at: Date;
}

/** What to append for records set aside, to a topic that is made if it is missing. Runs within a write. */
export function deadLetter(log: Log, { topic, group, unusable, at }: SetAside): Append {
  const name = deadLetterTopic(topic, group);
  if (!log.find(name)) log.create({ name, partitions: 1, retentionMs: RETENTION_MS });
  return { topic: log.topic(name), records: Array.from(unusable, asDeadLetter), at };
}

const asDeadLetter = ([record, cause]: [BusRecord, string]): OutgoingRecord => ({
  key: record.key,
  value: record.value,
  headers: {
    ...record.headers,
    dlq_cause: cause,
    dlq_topic: record.topic,
    dlq_partition: String(record.partition),
    dlq_offset: String(record.offset),
  },
});
