/**
 * A cursor: the position of a client in the feed, as opaque text. A cursor is not secret, because it contains
 * only offsets of the log. A client that forges a cursor gets no events other than those that its API key
 * allows.
 */
import { crc32 } from 'node:zlib';
import type { BusRecord } from '@latchkey/bus';
import { z } from 'zod';
import { parseJson } from './json.ts';

/** The position of a cursor in one partition. */
export interface FeedPartitionPosition {
  /** The offset at which the reader continues in this partition. */
  readonly offset: number;
  /**
   * A checksum of the record before this position, with which the feed detects that the log was deleted and
   * created again. 0 at the beginning of the partition.
   */
  readonly anchor: number;
}

export interface FeedCursor {
  /** The number that identifies the log, from `hashLogId`. */
  readonly log: number;
  /**
   * The partition with which the next page begins. After a page that was filled by one partition, this is the
   * partition after it, so that the events of one partition do not fill every page.
   */
  readonly next: number;
  readonly places: ReadonlyMap<number, FeedPartitionPosition>;
}

const START: FeedPartitionPosition = { offset: 0, anchor: 0 };
const VERSION = 1;

const count = z.int().nonnegative();
const stored = z.tuple([z.literal(VERSION), count, count, z.array(z.tuple([count, count, count])).max(1000)]);

/**
 * Returns the position of a cursor in a partition. If the cursor does not contain the partition, returns the
 * beginning of the partition.
 */
export function findPartitionPosition({ places }: FeedCursor, partition: number): FeedPartitionPosition {
  return places.get(partition) ?? START;
}

/**
 * Returns the checksum of a record for cursors, computed from the record's key and event id or, if the record
 * has no event id, its key and value.
 */
export function checksumOfRecord({ key, value, headers }: BusRecord): number {
  const id = headers['ce_id'];
  return crc32(typeof id === 'string' || Buffer.isBuffer(id) ? id : (value ?? ''), crc32(key ?? ''));
}

/** Returns the number that identifies a log in cursors, computed from the id of the log. */
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

/** Parses a cursor. Returns undefined if the text was not written by `encodeFeedCursor`. */
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
