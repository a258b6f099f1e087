/** Reads a topic from any position, for readers that store their positions themselves. */
import type { BusRecord, PartitionOffsetRange } from './record.ts';

/** Reads one topic without joining a group. Every guarantee is a test in tail.contract.ts. */
export interface LogTail {
  /**
   * The id of the log. Each log has a different id, because the offsets of one log are meaningless in
   * another.
   */
  readonly id: string;
  /**
   * Returns the range of offsets of each partition, in the order of the partitions. The result may be up to
   * {@link MAX_CACHED_OFFSET_RANGES_AGE_MS} old.
   */
  ranges(): Promise<readonly PartitionOffsetRange[]>;
  /**
   * Returns at most `limit` consecutive records of a partition, starting at an offset within its range. If
   * compaction has removed the record with this offset, starts with the next record that remains. Empty only
   * at the end of the partition.
   */
  read(partition: number, offset: number, limit: number): Promise<readonly BusRecord[]>;
  /** Returns the partition of records with this key. */
  partitionOf(key: string): Promise<number>;
  /**
   * Waits for new records: resolves once there may be records after the ends of the given ranges, or when
   * `signal` is aborted.
   * @param ranges the result of an earlier call of `ranges`
   */
  grown(ranges: readonly PartitionOffsetRange[], signal: AbortSignal): Promise<void>;
}

export const MAX_CACHED_OFFSET_RANGES_AGE_MS = 50;

/** Returns whether `now` contains records after the ends of the earlier ranges `before`. */
export function hasNewRecords(
  before: readonly PartitionOffsetRange[],
  now: readonly PartitionOffsetRange[],
): boolean {
  const ends = new Map(before.map(({ partition, end }) => [partition, end]));
  return now.some(({ partition, end }) => end > (ends.get(partition) ?? 0));
}
