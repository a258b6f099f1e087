/** The log between the services: topics of partitions of records, and groups that remember how far they have read. */

/**
 * A record to be published. `key` decides the partition (Kafka's murmur2; without a key, round robin):
 * records of one key stay in order. An array as a header is sent as one header per element.
 */
export interface OutgoingRecord {
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>;
}

/** A record of a topic. `offset` counts from 0 within its partition. A header sent twice arrives as an array. */
export interface BusRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: Date;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | readonly Buffer[]>>;
}

/** A run of records of one partition, in offset order, never empty. */
export interface Slice {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly BusRecord[];
  /**
   * Aborted once the partition is, or may be, another member's, and once the subscription closes. A handler that
   * does one record after the other may then reject between two: they come again, here or there. What it
   * resolves with counts all the same where the subscription only closes.
   */
  readonly signal: AbortSignal;
  /**
   * Marks a record that no handler can use. Once the handler resolves, it is published to
   * `<topic>.dlq.<group>` with its key, value and headers, and the headers `dlq_cause`, `dlq_topic`,
   * `dlq_partition` and `dlq_offset`, before the group's position moves past it.
   */
  setAside(record: BusRecord, cause: string): void;
}

export interface SubscribeOptions {
  readonly topics: readonly string[];
  /** Members of one group share the partitions; each group reads everything. A new group starts at the beginning. */
  readonly group: string;
  /**
   * Called with one slice at a time per partition. When it resolves, the group's position moves past the
   * slice. When it rejects (a store is away, say), the same records are handed over again after a back-off
   * that grows to 1 s: so a handler must reject for infrastructure only, never because of what a record says.
   */
  handle(slice: Slice): Promise<void>;
  /** At most so many records a slice (default 500). */
  readonly sliceSize?: number;
  /**
   * How long `handle` may take until it resolves or rejects, in ms. One that takes longer is stuck, and where
   * others could take over (on Kafka) its process is asked to end. Default: two minutes.
   */
  readonly handleWithinMs?: number;
}

export interface Subscription {
  /** Records after the group's position, summed over the partitions of its topics. */
  lag(): Promise<number>;
  /** Whether records can be fetched at present; false while the broker is away. */
  healthy(): boolean;
  /** Stops fetching, aborts the slices in hand, waits for them and their positions, leaves the group. Idempotent. */
  close(): Promise<void>;
}

export interface TopicSpec {
  readonly name: string;
  /** Fixed for ever: the partition of a key depends on it. */
  readonly partitions: number;
  /** How long records are kept, in ms; -1 is for ever. */
  readonly retentionMs: number;
}

/** At least once, in order per key. Every promise here is a test in bus.contract.ts, which each adapter passes. */
export interface Bus {
  /**
   * Makes the topics that do not exist yet and checks those that do.
   * @throws Error naming topic and setting if an existing one differs; nothing is altered.
   */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>;
  /**
   * Appends records, in their order within a key. Resolves once every one of them is durable.
   * @throws Error if that is not known of all: any number of them may be there, none of them may be counted on.
   */
  publish(topic: string, records: readonly OutgoingRecord[]): Promise<void>;
  /** Starts to read. Resolves once the group has been joined. A topic must exist. */
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /**
   * Reads the records of one key in one partition, in order, to retry what was parked. Moves no group's position.
   * @param toOffset the offset after the last one to read, at most and by default the current end of the partition
   */
  readKey(
    topic: string,
    partition: number,
    key: string,
    fromOffset: number,
    toOffset?: number,
  ): AsyncIterable<BusRecord>;
  /** Closes every subscription, then the connection. Idempotent. */
  close(): Promise<void>;
}

/** How far a group has read, summed over the partitions of its topics. */
export interface GroupProgress {
  /** Records that the topics hold. */
  readonly records: number;
  /** Those of them that the group has dealt with. */
  readonly read: number;
}

/** What ops see and do of groups, whoever their members are. */
export interface Groups {
  /** Of a group that nobody has heard of, nothing is read. @throws Error if a topic does not exist */
  progressOf(group: string, topics: readonly string[]): Promise<GroupProgress>;
  /**
   * Forgets where a group was: under the same name another would start at the beginning. One that does not
   * exist is forgotten already.
   * @throws GroupInUseError as far as it can be seen that somebody is a member
   */
  forgetGroup(group: string): Promise<void>;
}

/** A group that has members cannot be forgotten. */
export class GroupInUseError extends Error {
  override readonly name = 'GroupInUseError';

  constructor(group: string) {
    super(`The group ${group} has members.`);
  }
}
