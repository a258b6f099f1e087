/** The topics of the events, with their settings. Only `npm run ops -- topics` creates them. */

const DAY_MS = 24 * 60 * 60 * 1000;

export const ACCOUNTS_TOPIC = 'accounts.events.v1';
export const MAILINGS_TOPIC = 'mailings.events.v1';
export type TopicName = typeof ACCOUNTS_TOPIC | typeof MAILINGS_TOPIC;

export interface EventTopic {
  readonly name: TopicName;
  /** Must never change: the partition of a key depends on it. */
  readonly partitions: number;
  /** How long records are kept, in ms; -1 keeps them forever. */
  readonly retentionMs: number;
  /** What the key of a record is. */
  readonly keyedBy: string;
  /** The field of an event's data that repeats the key. */
  readonly subjectField: 'userId' | 'mailingId';
}

export const accountsTopic: EventTopic = {
  name: ACCOUNTS_TOPIC,
  partitions: 12,
  retentionMs: -1,
  keyedBy: 'account id',
  subjectField: 'userId',
};

export const mailingsTopic: EventTopic = {
  name: MAILINGS_TOPIC,
  partitions: 12,
  retentionMs: 7 * DAY_MS,
  keyedBy: 'mailing id',
  subjectField: 'mailingId',
};

export const topics: readonly EventTopic[] = [accountsTopic, mailingsTopic];
