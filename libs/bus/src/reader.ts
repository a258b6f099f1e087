/** Reads topics without joining a consumer group, to inspect, compare and repair them. */
import type { BusRecord, PartitionOffsetRange } from './record.ts';

export type { PartitionOffsetRange } from './record.ts';

/**
 * Reads topics without joining a group or moving a position. Every guarantee is a test in reader.contract.ts.
 */
export interface LogReader {
  /** Returns the names of all topics, sorted. */
  topics(): Promise<readonly string[]>;
  /**
   * Returns the range of offsets of each partition, in the order of the partitions.
   * @throws Error if there is no such topic
   */
  ranges(topic: string): Promise<readonly PartitionOffsetRange[]>;
  /** Yields the records of a range in order, in batches of limited size. No batch is empty. */
  read(topic: string, range: PartitionOffsetRange): AsyncIterable<readonly BusRecord[]>;
}
