/** The topics of the events, with their settings. Only `npm run ops -- topics` creates them. */

const DAY_MS = 24 * 60 * 60 * 1000;

/** The name of the topic of account events. */
export const ACCOUNTS_TOPIC = 'accounts.events.v1';
/** The name of the topic of mails to lists of addresses. */
export const MAILINGS_TOPIC = 'mailings.events.v1';
/** The name of the topic of bounces and complaints about mails. */
export const DELIVERIES_TOPIC = 'deliveries.events.v1';
/**
 * The name of a topic of events in Latchkey's code. The setting TOPIC_NAMES can give the topic a different
 * name on the brokers.
 */
export type TopicName = typeof ACCOUNTS_TOPIC | typeof MAILINGS_TOPIC | typeof DELIVERIES_TOPIC;

/** A topic of events, and the settings with which it is created. */
export interface EventTopic {
  readonly name: TopicName;
  /** The number of partitions. Must never change, because the partition of a key depends on it. */
  readonly partitions: number;
  /** How long records are kept, in ms; -1 keeps them without a limit. */
  readonly retentionMs: number;
  /**
   * Set if Kafka compacts the topic, which means that a record replaces earlier records with the same key.
   * Compaction loses no event, because only records of the same event have the same key. `maxLagMs` is the
   * maximum time until Kafka removes a replaced record, in ms; if it is undefined, the broker decides when.
   */
  readonly compaction?: { readonly maxLagMs?: number };
  /** What the key of a record on the topic identifies. */
  readonly keyedBy: string;
  /** The field of an event's data that contains the same id as the key of the event's record. */
  readonly subjectField: 'userId' | 'mailingId' | 'deliveryId';
  /** The service that publishes the events. */
  readonly publisher: 'auth' | 'notifier';
}

/** The topic of account events. Its records are kept without a limit. */
export const accountsTopic: EventTopic = {
  name: ACCOUNTS_TOPIC,
  partitions: 12,
  retentionMs: -1,
  compaction: {},
  keyedBy: 'account id',
  subjectField: 'userId',
  publisher: 'auth',
};

/**
 * Returns the accounts topic with a limit on how long erased data may remain. After an erasure, the person's
 * events are published again without personal data, and compaction removes the original records at most
 * `days` days later.
 * @param days ERASURE_TOPIC_DAYS
 */
export function erasableAccountsTopic(
  days = 7,
): EventTopic & { readonly compaction: { readonly maxLagMs: number } } {
  return { ...accountsTopic, compaction: { maxLagMs: days * DAY_MS } };
}

/** The topic of mails to lists of addresses. Its records are kept for 7 days. */
export const mailingsTopic: EventTopic = {
  name: MAILINGS_TOPIC,
  partitions: 12,
  retentionMs: 7 * DAY_MS,
  keyedBy: 'mailing id',
  subjectField: 'mailingId',
  publisher: 'auth',
};

/** The topic of bounces and complaints about mails. Its records are kept for 90 days. */
export const deliveriesTopic: EventTopic = {
  name: DELIVERIES_TOPIC,
  partitions: 12,
  retentionMs: 90 * DAY_MS,
  keyedBy: 'delivery id',
  subjectField: 'deliveryId',
  publisher: 'notifier',
};

/** Every topic of events, except the topic of security events. */
export const topics: readonly EventTopic[] = [accountsTopic, mailingsTopic, deliveriesTopic];

/** The name of the topic of security events. */
export const SECURITY_TOPIC = 'security.events.v1';

/**
 * The topic of security events. It may be deleted at any time, because no account is derived from its events.
 */
export interface SecurityTopic {
  readonly name: typeof SECURITY_TOPIC;
  readonly partitions: number;
  /** How long the records of the topic are kept, in ms. */
  readonly retentionMs: number;
  /** What the key of a record on the topic identifies. */
  readonly keyedBy: string;
}

/**
 * Returns the topic of security events.
 * @param retentionDays how long records are kept, in days: AUDIT_RETENTION_DAYS
 */
export function securityTopic(retentionDays = 90): SecurityTopic {
  return {
    name: SECURITY_TOPIC,
    partitions: 12,
    retentionMs: retentionDays * DAY_MS,
    keyedBy: 'account id',
  };
}

/** The name of the topic on which consumers confirm erasures. */
export const RECEIPTS_TOPIC = 'erasures.receipts.v1';

/**
 * The topic on which consumers confirm erasures. auth reads the receipts, and misses a receipt only if it is
 * down for longer than receipts are kept.
 */
export const receiptsTopic = {
  name: RECEIPTS_TOPIC,
  partitions: 12,
  /** How long the receipts are kept, in ms. */
  retentionMs: 90 * DAY_MS,
  /** What the key of a receipt's record identifies. */
  keyedBy: 'account id',
} as const;

/**
 * Returns all of Latchkey's topics except the dead-letter topics.
 * @param days.auditRetentionDays AUDIT_RETENTION_DAYS
 * @param days.erasureTopicDays ERASURE_TOPIC_DAYS
 */
export function allTopics({
  auditRetentionDays,
  erasureTopicDays,
}: {
  readonly auditRetentionDays?: number;
  readonly erasureTopicDays?: number;
} = {}): readonly (EventTopic | SecurityTopic | typeof receiptsTopic)[] {
  return [
    erasableAccountsTopic(erasureTopicDays),
    mailingsTopic,
    deliveriesTopic,
    receiptsTopic,
    securityTopic(auditRetentionDays),
  ];
}
