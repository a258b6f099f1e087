/** The types of the records of a topic, and of ranges of offsets. */

/**
 * The value of a header: a buffer, or a string if the value is ASCII text that the bus stores as a string. A
 * header that was sent several times has an array of values.
 */
export type BusHeaderValue = Buffer | string | readonly (Buffer | string)[];

/** A record of a topic. `offset` counts from 0 within its partition. */
export interface BusRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: Date;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, BusHeaderValue>>;
}

/**
 * The range of the offsets in a partition: from the offset of its first record up to, but not including, the
 * offset of the next record to be written.
 */
export interface PartitionOffsetRange {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}
