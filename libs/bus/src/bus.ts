/**
 * The log between the services. Its topics consist of partitions of records, and consumer groups remember how
 * far they have read.
 */
import type { BusRecord } from './record.ts';
import type { LogTail } from './tail.ts';

export type { BusRecord } from './record.ts';

/**
 * A record to be published. `key` determines the partition (Kafka's murmur2; round robin without a key), so records
 * with the same key stay in order. Only the part of a key before its first slash counts, so records with the keys `a/1`
 * and `a/2` stay in order as well. A header whose value is an array is sent as one header per element.
 */
export interface OutgoingRecord {
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>;
}

/** Consecutive records of one partition, in offset order; never empty. */
export interface PartitionSlice {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly BusRecord[];
  /**
   * Aborted once the partition may belong to another member, or when the subscription closes. A handler that
   * processes records one by one may then reject before the next record; the whole slice is redelivered, to
   * this member or another. If the handler resolves and the member still owns the partition, the position
   * after the slice is stored.
   */
  readonly signal: AbortSignal;
  /**
   * Marks a record that no handler can use. Once `handle` resolves, and before the group's position moves past the
   * record, the record is published to `<topic>.dlq.<group>`: with its key, value and headers, and with the headers
   * `dlq_cause`, `dlq_topic`, `dlq_partition` and `dlq_offset`.
   */
  setAside(record: BusRecord, cause: string): void;
}

export interface BusSubscribeOptions {
  readonly topics: readonly string[];
  /**
   * The name of the group. The members of a group share the partitions; each group reads every record. A new
   * group starts at the beginning of its topics.
   */
  readonly group: string;
  /**
   * The former name of a renamed group. A group without positions copies those of its former group, once. The
   * names of dead-letter topics still contain the former name.
   */
  readonly formerGroup?: string;
  /**
   * Returns whether this group has read the topics before, according to the consumer's own store. If it has,
   * but has no positions on the broker, the broker has deleted them, which is reported as a fault. Default:
   * unknown.
   */
  hasReadBefore?(): Promise<boolean>;
  /**
   * Called with one slice of records at a time per partition. When the call resolves, the group's position moves past
   * the slice. When the call rejects, the same records are redelivered after a backoff that grows to 1 s. So a
   * handler must reject only because of infrastructure, such as an unreachable store, never because of the content of
   * a record.
   */
  handle(slice: PartitionSlice): Promise<void>;
  /** The maximum number of records per slice (default 500). */
  readonly sliceSize?: number;
  /**
   * The time limit for `handle`, in ms. A handler that takes longer is considered stuck: on Kafka, where
   * other members can take over its partitions, `onFatal` then asks the process to exit. Default: two
   * minutes.
   */
  readonly handleWithinMs?: number;
}

export interface BusSubscription {
  /** Counts the records after the group's position, over all partitions of its topics. */
  lag(): Promise<number>;
  /**
   * Returns whether the group has read every record that was in its topics when the subscription began. Later
   * records do not count, because otherwise steady traffic could delay the result indefinitely.
   */
  caughtUp(): Promise<boolean>;
  /** Whether records can currently be fetched; false while the broker is down. */
  healthy(): boolean;
  /**
   * Returns a sentence for each fault that does not end the subscription: a position that was out of range,
   * or one that does not advance. Empty after `close`.
   */
  faults(): readonly string[];
  /**
   * Stops fetching, aborts the slices in progress, waits until they have ended and their positions are
   * stored, and leaves the group. Idempotent.
   */
  close(): Promise<void>;
}

export interface TopicSpec {
  readonly name: string;
  /** The number of partitions. It must never change, because it determines the partition of each key. */
  readonly partitions: number;
  /** How long records are kept, in ms; -1 keeps them without a limit. */
  readonly retentionMs: number;
  /**
   * Set if a later record with the same key may replace an earlier one. Only Kafka compacts; the embedded log
   * keeps both records.
   */
  readonly compaction?: CompactionSpec;
}

/** The settings for removing records that a later record with the same key has replaced. */
export interface CompactionSpec {
  /**
   * The maximum time before Kafka removes a record that a later one has replaced, in ms. Removal can take
   * longer by about the duration of a segment, and happens only if more records are appended to the
   * partition. Undefined: the broker decides when.
   */
  readonly maxLagMs?: number;
  /**
   * Returns whether several records share this key by design, as on a topic that an earlier release wrote.
   * Compaction would remove all but the last of them. If this function is missing, the topic is not checked
   * for shared keys.
   */
  sharesKey?(key: Buffer | null): boolean;
}

const DAY_MS = 24 * 60 * 60_000;

/**
 * Returns the time after which Kafka begins a new segment, in ms. Kafka compacts only segments that it no
 * longer appends to.
 * @param maxLagMs the `maxLagMs` of a {@link CompactionSpec}
 */
export function segmentDurationMsForCompaction(maxLagMs: number): number {
  return Math.min(DAY_MS, Math.ceil(maxLagMs / 4));
}

/**
 * The log. Delivers at least once, in order per key. Every guarantee is a test in bus.contract.ts, which every
 * adapter passes.
 */
export interface Bus {
  /**
   * Creates missing topics and checks existing ones.
   * @throws Error that names topic and setting if an existing topic differs; existing topics are never changed
   */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>;
  /**
   * Appends records, in order for each key. Resolves once all of them are durable.
   * @throws Error if some records may not be durable; any of the records may have been appended nevertheless
   */
  publish(topic: string, records: readonly OutgoingRecord[]): Promise<void>;
  /** Starts reading. Resolves once the group has been joined. The topics must exist. */
  subscribe(options: BusSubscribeOptions): Promise<BusSubscription>;
  /**
   * Reads the records of one key in one partition, in order, to retry a parked account. Includes records
   * whose key begins with this key and a slash. Does not change the position of any group.
   * @param toOffset the offset after the last one to read; at most the current end of the partition, which is
   * the default
   */
  readKey(
    topic: string,
    partition: number,
    key: string,
    fromOffset: number,
    toOffset?: number,
  ): AsyncIterable<BusRecord>;
  /**
   * Reads a topic from any position, without a group.
   * @throws Error if there is no such topic
   */
  tail(topic: string): Promise<LogTail>;
  /**
   * Replaces records in every topic and in its dead letters: the records of each key (those that `readKey`
   * reads), and the records of other keys whose value contains one of the keys. Afterwards no file contains
   * the earlier records. Only the embedded log can do this. An index finds the records by key, but the values
   * must all be searched. Pass many keys in one call, because a single search covers all of them.
   * @param change returns the new value and headers; undefined to leave the record unchanged. Must be
   * idempotent
   * @param options.unsearched topics whose values need not be searched
   */
  replaceRecordsOf?(
    keys: readonly string[],
    change: ReplaceRecord,
    options?: { readonly unsearched?: readonly string[] },
  ): Promise<void>;
  /**
   * Returns whether a topic is currently compacted, so that a later record replaces an earlier one with the same key.
   * Only Kafka has this method.
   * @throws Error if there is no such topic
   */
  isCompacted?(topic: string): Promise<boolean>;
  /** Closes every subscription, then the connection. Idempotent. */
  close(): Promise<void>;
}

/**
 * Returns the new value and headers of a record; undefined to leave the record unchanged. The record's
 * `topic` is the name of the topic on the log.
 */
export type ReplaceRecord = (record: BusRecord) => Pick<BusRecord, 'value' | 'headers'> | undefined;

/** How far a group has read, summed over the partitions of its topics. */
export interface ConsumerGroupProgress {
  /** The number of records in the topics, including those that compaction has removed. */
  readonly records: number;
  /** The number of records that the group has processed. */
  readonly read: number;
  /**
   * A sentence for each position outside the range of its partition, because records were removed or the topic was
   * created again.
   */
  readonly outOfRange: readonly string[];
}

/** Consumer groups as operators see them, regardless of which processes their members run in. */
export interface ConsumerGroups {
  /**
   * Returns how far a group has read: 0 records for a group that does not exist.
   * @throws Error if a topic does not exist
   */
  progressOf(group: string, topics: readonly string[]): Promise<ConsumerGroupProgress>;
  /**
   * Deletes a group's positions, so that a group with this name starts at the beginning. Does nothing if there is
   * no such group.
   * @param topics the topics that it reads
   * @throws ConsumerGroupInUseError if the group is known to have members
   */
  deleteGroup(group: string, topics: readonly string[]): Promise<void>;
}

/** Thrown on an attempt to delete the positions of a group that has members. */
export class ConsumerGroupInUseError extends Error {
  override readonly name = 'ConsumerGroupInUseError';

  constructor(group: string) {
    super(`The group ${group} has members.`);
  }
}
