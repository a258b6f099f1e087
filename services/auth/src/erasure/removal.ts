/** When a broker has removed the events of an erased person from a compacted topic. */
import { segmentMsFor } from '@latchkey/bus';

/**
 * How long after the first copies they are published once more, in ms: a publish of the events with the person may have
 * been delayed until after the first ones, and then it would stay.
 */
export const REPEATED_AFTER_MS = 60 * 60_000;

/**
 * Returns when the events with the person are certain to be gone: after a segment's time, until the copies are in one
 * that can be compacted, and another in reserve.
 * @param lastAt when the last copies were published; RFC 3339
 * @param maxLagMs how long the broker may keep a record after a later one has replaced it: ERASURE_TOPIC_DAYS, in ms
 */
export function removedBy(lastAt: string, maxLagMs: number): Date {
  return new Date(Date.parse(lastAt) + maxLagMs + 2 * segmentMsFor(maxLagMs));
}
