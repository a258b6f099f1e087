/** Rules about forged records, which the run itself writes to the topics with a header that marks them. */
import { type Violation, violationsOf } from './report.ts';
import type { TopicRecord } from './stored.ts';

/** The header that marks a forged record. Only this checker reads it. */
export const FORGED = 'x-forged';

export function isForged({ headers }: TopicRecord): boolean {
  return headers[FORGED] !== undefined;
}

/**
 * Returns all records that the topics contain or have contained, except forged ones.
 * @param removed records that were cut off; some of them may still be on the topic
 */
export function genuineRecords(
  records: readonly TopicRecord[],
  removed: readonly TopicRecord[],
): readonly TopicRecord[] {
  const places = new Map([...removed, ...records].map((record) => [placeOf(record), record]));
  return [...places.values()].filter((record) => !isForged(record));
}

function placeOf({ topic, partition, offset }: TopicRecord): string {
  return `${topic} ${partition} ${offset}`;
}

/** The groups that must report a forged record, by topic. */
const READERS: Readonly<Record<string, readonly string[]>> = {
  'accounts.events.v1': ['user', 'notifier'],
  'mailings.events.v1': ['notifier'],
};

/**
 * Checks that every group has reported each forged record as a dead letter. That forged records had no effect follows
 * from the other rules, because they compare everything with the journal.
 */
export function checkForged(
  forged: readonly TopicRecord[],
  deadLetters: readonly TopicRecord[],
): readonly Violation[] {
  const setAside = new Set(
    deadLetters
      .filter(({ headers }) => /^forged: /.test(headers['dlq_cause'] ?? ''))
      .map(({ topic, headers }) => `${topic} ${headers[FORGED]}`),
  );
  return forged.flatMap(({ topic, partition, offset, headers }) =>
    (READERS[topic] ?? [])
      .filter((group) => !setAside.has(`${topic}.dlq.${group} ${headers[FORGED]}`))
      .flatMap((group) =>
        violationsOf(
          'forged records',
          `${group} has not set aside record ${offset} of partition ${partition} of ${topic}`,
        ),
      ),
  );
}
