/** Computes when the broker will have removed the events of an erased person from a compacted topic. */
import { computeSegmentDurationMs } from '@latchkey/bus';
import type { CopyPublicationTimes } from '../ports/erasure-receipts.ts';

/**
 * How long after the first copies of an account's events the second copies are published, in ms. The copies lack
 * the personal data, and replace the original events when the topic is compacted. But if Kafka's client has
 * retried to publish an original event, this event may come after its first copy, so that it replaces the copy
 * instead. The second copy then replaces the original event.
 */
export const SECOND_COPIES_DELAY_MS = 60 * 60_000;

/**
 * Returns how long after the last publication of an account's events without personal data the original
 * events are certainly gone from the topic, in ms. After the duration of one segment, the segment with the
 * new copies is closed and can be compacted. The broker compacts it within `maxLagMs`. The duration of
 * another segment is added as a safety margin.
 * @param maxLagMs how long the broker may keep a record after a later one has replaced it:
 * ERASURE_TOPIC_DAYS, in ms
 */
export function computeOriginalEventsRemovalDelayMs(maxLagMs: number): number {
  return maxLagMs + 2 * computeSegmentDurationMs(maxLagMs);
}

/**
 * Returns the time by which the original events of an erased account will be gone from the topic if auth
 * keeps running until then.
 * @param maxLagMs as in {@link computeOriginalEventsRemovalDelayMs}
 */
export function computeOriginalEventsRemovalDeadline(
  { firstAt, lastAt, goneAt }: CopyPublicationTimes,
  maxLagMs: number,
): Date {
  if (goneAt !== undefined) return new Date(goneAt);
  const lastMs = Math.max(Date.parse(lastAt), Date.parse(firstAt) + SECOND_COPIES_DELAY_MS);
  return new Date(lastMs + computeOriginalEventsRemovalDelayMs(maxLagMs));
}
