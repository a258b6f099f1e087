/** Reading a topic as it lies there, without being a consumer: for looking, comparing and repairing. */
import type { BusRecord } from './bus.ts';

/** What a partition holds: the offset of its first record, and the one that the next to come will have. */
export interface PartitionRange {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

/** Joins no group and moves no position. Every promise here is a test in reader.contract.ts. */
export interface LogReader {
  /** The names of all topics, in the order of texts. */
  topics(): Promise<readonly string[]>;
  /** What each partition holds now, by partition. @throws Error if there is no such topic */
  ranges(topic: string): Promise<readonly PartitionRange[]>;
  /** The records of a range, in order, a bounded run at a time; no run is empty. */
  read(topic: string, range: PartitionRange): AsyncIterable<readonly BusRecord[]>;
}
