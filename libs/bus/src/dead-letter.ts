import type { BusRecord, OutgoingRecord } from './bus.ts';

/** How long records that were set aside are kept: 30 days. */
export const DEAD_LETTER_RETENTION_MS = 30 * 24 * 60 * 60 * 1000;

/** Stands between topic and group in the name of the topic that takes what the group could not use. */
export const DEAD_LETTERS = '.dlq.';

export function deadLetterTopic(topic: string, group: string): string {
  return `${topic}${DEAD_LETTERS}${group}`;
}

/** The record as it was, with why it was set aside and where it stood. */
export function asDeadLetter([record, cause]: [BusRecord, string]): OutgoingRecord {
  return {
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      dlq_cause: cause,
      dlq_topic: record.topic,
      dlq_partition: String(record.partition),
      dlq_offset: String(record.offset),
    },
  };
}
