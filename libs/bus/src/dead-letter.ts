import type { BusRecord, OutgoingRecord } from './bus.ts';

/** How long dead letters are kept: 30 days. */
export const DEAD_LETTER_RETENTION_MS = 30 * 24 * 60 * 60 * 1000;

/** The text between the topic's name and the group's name in the name of a dead-letter topic. */
export const DEAD_LETTER_TOPIC_INFIX = '.dlq.';

export function formatDeadLetterTopicName(topic: string, group: string): string {
  return `${topic}${DEAD_LETTER_TOPIC_INFIX}${group}`;
}

/**
 * Returns the dead letter of a record: the record with additional headers, which contain the cause and the
 * record's position.
 */
export function toDeadLetter([record, cause]: [BusRecord, string]): OutgoingRecord {
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
