/** Computes the time by which a broker has removed the events of an erased person from a compacted topic. */
import { segmentMsForCompaction } from '@latchkey/bus';
import type { ErasureCopies } from '../ports/erasure-receipts.ts';

/**
 * The time after the first copies at which they are published a second time, in ms. A delayed publish of the original
 * events may have taken effect after the first copies. Without second copies, these events would never be replaced.
 */
export const SECOND_COPIES_DELAY_MS = 60 * 60_000;

/**
 * Returns the time between the last copies and the instant at which the original events are certainly gone, in ms.
 * After the time of one segment, the copies are in a segment that can be compacted. The broker compacts it within
 * `maxLagMs`. The time of another segment is a reserve.
 * @param maxLagMs how long the broker may keep a record after a later one has replaced it: ERASURE_TOPIC_DAYS, in ms
 */
export function maxRemovalDelayMs(maxLagMs: number): number {
  return maxLagMs + 2 * segmentMsForCompaction(maxLagMs);
}

/**
 * Returns the time by which the original events must be gone from the topic, provided that auth runs.
 * @param maxLagMs as in {@link maxRemovalDelayMs}
 */
export function removalDeadline({ firstAt, lastAt, goneAt }: ErasureCopies, maxLagMs: number): Date {
  if (goneAt !== undefined) return new Date(goneAt);
  const lastMs = Math.max(Date.parse(lastAt), Date.parse(firstAt) + SECOND_COPIES_DELAY_MS);
  return new Date(lastMs + maxRemovalDelayMs(maxLagMs));
}
