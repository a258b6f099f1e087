/** Forged records: the run writes them to the topics, with a mark by which they are found again. */
import { broken, type Violation } from './report.ts';
import type { TopicRecord } from './stored.ts';

/** The header of a forged record. Only this checker looks at it. */
export const FORGED = 'x-forged';

export function isForged({ headers }: TopicRecord): boolean {
  return headers[FORGED] !== undefined;
}

/** Returns each record that a topic has or had, without those that were forged. @param removed some may still be there */
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

/** The groups that must set aside what is forged, by topic. */
const READERS: Readonly<Record<string, readonly string[]>> = {
  'accounts.events.v1': ['user', 'notifier'],
  'mailings.events.v1': ['notifier'],
};

/**
 * Checks that every reader has set aside each forged record as such. That it had no effect is what the other rules
 * say: they compare everything with the journal, which has nothing of it.
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
        broken(
          'forged records',
          `${group} has not set aside record ${offset} of partition ${partition} of ${topic}`,
        ),
      ),
  );
}
