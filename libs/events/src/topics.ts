/** The topics and their settings; a job makes them, nothing else does. */
import { ACCOUNTS_TOPIC, MAILINGS_TOPIC, type TopicName } from './events.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

export interface EventTopic {
  readonly name: TopicName;
  /** Fixed for ever: the partition of a key depends on it. */
  readonly partitions: number;
  /** How long records are kept, in ms; -1 is for ever. */
  readonly retentionMs: number;
  /** What its key is. */
  readonly keyedBy: string;
}

export const accountsTopic: EventTopic = {
  name: ACCOUNTS_TOPIC,
  partitions: 12,
  retentionMs: -1,
  keyedBy: 'account id',
};

export const mailingsTopic: EventTopic = {
  name: MAILINGS_TOPIC,
  partitions: 12,
  retentionMs: 7 * DAY_MS,
  keyedBy: 'mailing id',
};

export const topics: readonly EventTopic[] = [accountsTopic, mailingsTopic];
