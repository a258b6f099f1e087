/**
 * The position of a reader of the feed, as opaque text. A cursor is not secret: it contains offsets of the log, and a
 * forged cursor reveals only events that the client's key allows it to read.
 */
import { crc32 } from 'node:zlib';
import type { BusRecord } from '@latchkey/bus';
import { z } from 'zod';
import { parseJson } from './json.ts';

/** The position in one partition. */
export interface FeedPartitionPosition {
  /** The offset of the next record. */
  readonly offset: number;
  /**
   * Identifies the record before this position, to detect that the log was deleted and created again. 0 at the
   * beginning of the partition.
   */
  readonly anchor: number;
}

export interface FeedCursor {
  /** The number that identifies the log, from `hashLogId`. */
  readonly log: number;
  /** The partition to begin with, so that every partition gets its turn. */
  readonly next: number;
  readonly places: ReadonlyMap<number, FeedPartitionPosition>;
}

const START: FeedPartitionPosition = { offset: 0, anchor: 0 };
const VERSION = 1;

const count = z.int().nonnegative();
const stored = z.tuple([z.literal(VERSION), count, count, z.array(z.tuple([count, count, count])).max(1000)]);

/**
 * Returns the position in a partition. If the cursor does not contain the partition, this is the partition's beginning.
 */
export function findPartitionPosition({ places }: FeedCursor, partition: number): FeedPartitionPosition {
  return places.get(partition) ?? START;
}

/**
 * Returns the number that identifies a record in cursors: a checksum of its key and its event id. If the record has no
 * event id, its value is used instead.
 */
export function checksumOfRecord({ key, value, headers }: BusRecord): number {
  const id = headers['ce_id'];
  return crc32(Buffer.isBuffer(id) ? id : (value ?? ''), crc32(key ?? ''));
}

/** Returns the number of a log in cursors. */
export function hashLogId(logId: string): number {
  return crc32(logId);
}

/** Returns whether a cursor belongs to the log with this id. */
export function isCursorOfLog({ log }: FeedCursor, logId: string): boolean {
  return log === hashLogId(logId);
}

/** Returns a cursor as opaque text, which `decodeFeedCursor` parses. */
export function encodeFeedCursor({ log, next, places }: FeedCursor): string {
  const list = [...places].map(([partition, { offset, anchor }]) => [partition, offset, anchor]);
  return Buffer.from(JSON.stringify([VERSION, log, next, list])).toString('base64url');
}

/** Parses a cursor. Returns undefined for anything that `encodeFeedCursor` has not written. */
export function decodeFeedCursor(text: string): FeedCursor | undefined {
  const parsed = stored.safeParse(parseJson(Buffer.from(text, 'base64url').toString()));
  if (!parsed.success) return undefined;
  const [, log, next, list] = parsed.data;
  return {
    log,
    next,
    places: new Map(list.map(([partition, offset, anchor]) => [partition, { offset, anchor }])),
  };
}
