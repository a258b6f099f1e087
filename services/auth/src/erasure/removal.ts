/** When a broker has removed the events of an erased person from a compacted topic. */
import { segmentMsForCompaction } from '@latchkey/bus';
import type { ErasureCopies } from '../ports/erasure-receipts.ts';

/**
 * How long after the first copies they are published once more, in ms: a publish of the events with the person may have
 * been delayed until after the first ones, and then it would stay.
 */
export const REPEATED_AFTER_MS = 60 * 60_000;

/**
 * Returns how long after the last copies the events with the person are certain to be gone, in ms: a segment's time
 * later, when the copies are in a segment that can be compacted, and another in reserve.
 * @param maxLagMs how long the broker may keep a record after a later one has replaced it: ERASURE_TOPIC_DAYS, in ms
 */
export function removalMs(maxLagMs: number): number {
  return maxLagMs + 2 * segmentMsForCompaction(maxLagMs);
}

/**
 * Returns when the events with the person must be gone from the topic, provided that auth runs.
 * @param maxLagMs as in {@link removalMs}
 */
export function removedBy({ firstAt, lastAt, goneAt }: ErasureCopies, maxLagMs: number): Date {
  if (goneAt !== undefined) return new Date(goneAt);
  const lastMs = Math.max(Date.parse(lastAt), Date.parse(firstAt) + REPEATED_AFTER_MS);
  return new Date(lastMs + removalMs(maxLagMs));
}
