/** Computes when the broker will have removed the events of an erased person from a compacted topic. */
import { computeSegmentDurationMs } from '@latchkey/bus';
import type { CopyPublicationTimes } from '../ports/erasure-receipts.ts';

/**
 * How long after the first copies of an account's events the second copies are published, in ms. The copies lack
 * the personal data, and replace the original events when the topic is compacted. But if Kafka's client has
 * retried to publish an original event, this event may come after its first copy, so that it replaces the copy
 * instead. The second copy then replaces the original event.
 */
export const SECOND_PUBLICATION_DELAY_MS = 60 * 60_000;

/**
 * Returns the maximum time until the broker has removed the original events of an erased account, in ms. The
 * time begins when the account's events without personal data were last published. It is the sum of three
 * times: the duration of one segment, after which the segment that contains these events is closed;
 * `maxLagMs`, within which the broker compacts a closed segment; and the duration of another segment as a
 * safety margin.
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
  const lastMs = Math.max(Date.parse(lastAt), Date.parse(firstAt) + SECOND_PUBLICATION_DELAY_MS);
  return new Date(lastMs + computeOriginalEventsRemovalDelayMs(maxLagMs));
}
