/** Reads a topic without being a consumer: to inspect, compare and repair it. */
import type { BusRecord, PartitionRange } from './record.ts';

export type { PartitionRange } from './record.ts';

/** Reads topics without joining a group or moving a position. Every guarantee is a test in reader.contract.ts. */
export interface LogReader {
  /** Returns the names of all topics, sorted. */
  topics(): Promise<readonly string[]>;
  /** Returns the range of each partition, by partition. @throws Error if there is no such topic */
  ranges(topic: string): Promise<readonly PartitionRange[]>;
  /** Yields the records of a range in order, in batches of limited size that are never empty. */
  read(topic: string, range: PartitionRange): AsyncIterable<readonly BusRecord[]>;
}
