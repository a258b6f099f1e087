/**
 * The log between the services. Its topics consist of partitions of records, and consumer groups remember how
 * far they have read.
 */
import type { BusRecord } from './record.ts';
import type { LogTail } from './tail.ts';

export type { BusRecord } from './record.ts';

/**
 * A record to be published. The part of `key` before its first slash determines the partition (Kafka's
 * murmur2). So records with the keys `a/1` and `a/2` are in the same partition, in the order in which they
 * were published. Records without a key are distributed round robin. A header whose value is an array is sent
 * as one header per element.
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
   * Aborted when another member of the group may have got the partition, and when the subscription closes.
   * A handler that processes the records one by one may then reject before it begins the next record. The
   * whole slice is then redelivered, to this member or another member of the group. If the handler resolves
   * instead, and the member still owns the partition, the position after the slice is stored.
   */
  readonly signal: AbortSignal;
  /**
   * Marks a record that no handler can use, so that it becomes a dead letter. Once `handle` resolves, a
   * copy of the record is published to `<topic>.dlq.<group>`, with the additional headers `dlq_cause`,
   * `dlq_topic`, `dlq_partition` and `dlq_offset`. Only then does the group's position move past the
   * record.
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
   * The former name of a renamed group. If no positions are stored under the current name, the positions that
   * are stored under the former name are copied once. The names of dead-letter topics still contain the
   * former name.
   */
  readonly formerGroup?: string;
  /**
   * Returns whether this group has read the topics before, according to the consumer's own store. If the
   * group has read before but the broker has no positions of the group, the broker must have deleted these
   * positions. The subscription then reports a fault. If this method is missing, deleted positions are not
   * noticed at the start.
   */
  hasReadBefore?(): Promise<boolean>;
  /**
   * Handles one slice of records; called for one slice at a time per partition. After the handler has
   * resolved, the group's position moves past the slice. If the handler rejects, the same records are
   * redelivered after a delay that grows to 1 s. A handler must therefore reject only because of
   * infrastructure, such as an unreachable store, and never because of the content of a record.
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
  /** Returns how many records come after the group's positions, over all partitions of its topics. */
  lag(): Promise<number>;
  /**
   * Returns whether the group has read every record that was in its topics when the subscription began.
   * Records that arrived later do not count; otherwise a steady stream of new records could keep the result
   * false.
   */
  caughtUp(): Promise<boolean>;
  /** Returns whether records can currently be fetched; false while the broker is down. */
  healthy(): boolean;
  /**
   * Returns a sentence for each fault so far that does not end the subscription: a position that was out
   * of range, or a position that currently does not advance. Empty after `close`.
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
  /** The number of partitions. Must never change, because the partition of a key depends on it. */
  readonly partitions: number;
  /** How long records are kept, in ms; -1 keeps them without a limit. */
  readonly retentionMs: number;
  /**
   * Set if a later record may replace an earlier record with the same key. Only Kafka removes the earlier
   * record; the embedded log keeps both.
   */
  readonly compaction?: CompactionSpec;
}

/**
 * The settings of compaction, which removes a record once a later record with the same key has replaced it.
 */
export interface CompactionSpec {
  /**
   * The maximum time before Kafka removes a record that a later one has replaced, in ms. Removal can take
   * longer by about the duration of a segment, and happens only if more records are appended to the
   * partition. If undefined, the broker decides when to remove records.
   */
  readonly maxLagMs?: number;
  /**
   * Returns whether several records of the topic may have this key. This is possible on topics that an
   * earlier release wrote, and compaction would remove all of these records except the last one. If this
   * function is missing, the topic is not checked for shared keys.
   */
  sharesKey?(key: Buffer | null): boolean;
}

const DAY_MS = 24 * 60 * 60_000;

/**
 * Returns how long Kafka appends to a segment before it begins a new one, in ms. Compaction skips the segment
 * that Kafka still appends to.
 * @param maxLagMs the `maxLagMs` of a {@link CompactionSpec}
 */
export function computeSegmentDurationMs(maxLagMs: number): number {
  return Math.min(DAY_MS, Math.ceil(maxLagMs / 4));
}

/**
 * The log. Delivers records at least once, in order per key. Each of its guarantees is a test in
 * bus.contract.ts, which every adapter passes.
 */
export interface Bus {
  /**
   * Creates missing topics, and checks existing ones without changing them.
   * @throws Error that names the topic and the setting if an existing topic differs
   */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>;
  /**
   * Appends records, in order for each key. Resolves once all records are durable.
   * @throws Error if it is unknown whether all records are durable. Each record may or may not have been
   * appended
   */
  publish(topic: string, records: readonly OutgoingRecord[]): Promise<void>;
  /** Starts reading. Resolves once the group has been joined. The topics must exist. */
  subscribe(options: BusSubscribeOptions): Promise<BusSubscription>;
  /**
   * Reads the records of one key in one partition, in order, for example to retry a parked account. Includes
   * the records whose key consists of this key, a slash and more text. Does not change the position of any
   * group.
   * @param toOffset the offset after the last record to read. Default and maximum: the current end of the
   * partition
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
   * Replaces the values and headers of records in every topic and in its dead letters, so that no file
   * contains the earlier content afterwards. A record is replaced if `readKey` would return it for one of
   * the keys, or if its value contains one of the keys. Only the embedded log has this method. Pass many
   * keys in one call, because each call searches the values of all records.
   * @param change returns the new value and headers of a record; undefined to leave it unchanged. Must be
   * idempotent
   * @param options.unsearched topics whose values need not be searched
   */
  replaceRecordsOf?(
    keys: readonly string[],
    change: ReplaceRecord,
    options?: { readonly unsearched?: readonly string[] },
  ): Promise<void>;
  /**
   * Returns whether Kafka currently compacts a topic, which means that a later record replaces an earlier
   * record with the same key. Only the bus on Kafka has this method.
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
  /** The number of records in the topics, including the records that compaction has removed. */
  readonly records: number;
  /** The number of records that the group has processed. */
  readonly read: number;
  /**
   * A sentence for each position outside the range of its partition, because records were removed or the
   * topic was created again.
   */
  readonly outOfRange: readonly string[];
}

/**
 * Reads and deletes the state of consumer groups, for operators. The members of the groups may run in other
 * processes.
 */
export interface ConsumerGroups {
  /**
   * Returns how far a group has read. For a group that does not exist, `read` is 0.
   * @throws Error if a topic does not exist
   */
  progressOf(group: string, topics: readonly string[]): Promise<ConsumerGroupProgress>;
  /**
   * Deletes a group's positions, so that the next subscription with this group name starts at the beginning.
   * Does nothing if there is no such group.
   * @param topics the topics that the group reads
   * @throws ConsumerGroupInUseError if the group is known to have members
   */
  deleteGroup(group: string, topics: readonly string[]): Promise<void>;
}

/** Thrown by `deleteGroup` if the group has members. */
export class ConsumerGroupInUseError extends Error {
  override readonly name = 'ConsumerGroupInUseError';

  constructor(group: string) {
    super(`The group ${group} has members.`);
  }
}
