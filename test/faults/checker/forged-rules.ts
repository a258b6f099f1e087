/**
 * Rules about forged records. The run itself writes these records to the topics, with a header that marks
 * them.
 */
import { formatLogPosition } from './erasure-rules.ts';
import { createViolations, type Violation } from './report.ts';
import type { TopicRecord } from './stored.ts';

/** The header that marks a forged record. Only this checker reads it. */
export const FORGED_HEADER = 'x-forged';

export function isForged({ headers }: TopicRecord): boolean {
  return headers[FORGED_HEADER] !== undefined;
}

/**
 * Returns all genuine records that the topics contain or have contained. A genuine record is one that is not
 * forged.
 * @param removed records that a fault has deleted; some of them may still be on the topic
 */
export function selectGenuineRecords(
  records: readonly TopicRecord[],
  removed: readonly TopicRecord[],
): readonly TopicRecord[] {
  const places = new Map([...removed, ...records].map((record) => [formatLogPosition(record), record]));
  return [...places.values()].filter((record) => !isForged(record));
}

/** The consumer groups that must report a forged record, by topic. */
const READERS: Readonly<Record<string, readonly string[]>> = {
  'accounts.events.v1': ['user', 'notifier'],
  'mailings.events.v1': ['notifier'],
};

/**
 * Checks that every consumer group has moved each forged record to its dead-letter queue. The other rules
 * check that forged records had no effect, because they compare all stores with the journal.
 */
export function checkForgedRecords(
  forged: readonly TopicRecord[],
  deadLetters: readonly TopicRecord[],
): readonly Violation[] {
  const setAside = new Set(
    deadLetters
      .filter(({ headers }) => /^forged: /.test(headers['dlq_cause'] ?? ''))
      .map(({ topic, headers }) => `${topic} ${headers[FORGED_HEADER]}`),
  );
  return forged.flatMap(({ topic, partition, offset, headers }) =>
    (READERS[topic] ?? [])
      .filter((group) => !setAside.has(`${topic}.dlq.${group} ${headers[FORGED_HEADER]}`))
      .flatMap((group) =>
        createViolations(
          'forged records',
          `${group} has not reported record ${offset} of partition ${partition} of ${topic}`,
        ),
      ),
  );
}
