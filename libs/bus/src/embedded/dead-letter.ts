import type { BusRecord } from '../bus.ts';
import { DEAD_LETTER_RETENTION_MS, formatDeadLetterTopicName, toDeadLetter } from '../dead-letter.ts';
import type { AppendOptions, EmbeddedLog } from './log.ts';

interface SetAside {
  readonly topic: string;
  readonly group: string;
  /** The records that no handler can use, with the cause of each. */
  readonly unusable: ReadonlyMap<BusRecord, string>;
  readonly at: Date;
}

/**
 * Returns the dead letters of unusable records, ready to be appended. Creates the dead-letter topic if it is
 * missing. Must run within `database.write`.
 */
export function prepareDeadLetters(
  log: EmbeddedLog,
  { topic, group, unusable, at }: SetAside,
): AppendOptions {
  const name = formatDeadLetterTopicName(topic, group);
  if (!log.find(name)) log.create({ name, partitions: 1, retentionMs: DEAD_LETTER_RETENTION_MS });
  return { topic: log.topic(name), records: Array.from(unusable, toDeadLetter), at };
}
