/** Determines until when a topic keeps data of an erased person that Kafka removes only by age. */
import type { ErasureRecord } from '@latchkey/auth/ops';
import { latchkeyConsumers } from '@latchkey/events';

/** A topic that keeps data of a person until the retention time ends. */
export interface RetainingTopic {
  /** The full name of the topic on the log. */
  readonly name: string;
  /** What the topic contains about a person, in a few words. */
  readonly contents: string;
  /**
   * The settings of the topic, in ms. A `retentionMs` of -1 means that records are kept without a limit.
   * Undefined if the settings are unknown.
   */
  readonly keeps?: { readonly retentionMs: number; readonly segmentMs: number };
}

/** Whether a topic still contains data of one erased person. */
export interface RetainedPersonalData {
  readonly name: string;
  readonly contents: string;
  /**
   * The time by which Kafka must have removed the data (RFC 3339). Absent while one of Latchkey's services
   * has not confirmed the erasure. Also absent if the settings of the topic are unknown, or if the topic
   * keeps records without a limit.
   */
  readonly removedBy?: string;
  /** Whether the person's data was removed from the topic; null if this is unknown. */
  readonly clean: boolean | null;
}

/**
 * A safety margin for the deletion of an old segment, in ms. It is longer than the time that Kafka takes to
 * notice that a segment is old (5 minutes by default) and to delete its file (1 minute).
 */
const BROKER_DELAY_MS = 60 * 60_000;

/**
 * Returns whether a topic still contains data of an erased person. Once auth, user and notifier have
 * confirmed the erasure, nothing more about the person is written to the topic. Kafka deletes a segment once
 * its newest record is older than the retention time. That record may be newer than the person's data, but by
 * no more than the duration of a segment.
 */
export function computeRetainedPersonalData(
  { receipts }: Pick<ErasureRecord, 'receipts'>,
  { name, contents, keeps }: RetainingTopic,
  now: Date,
): RetainedPersonalData {
  const times = latchkeyConsumers.map(
    (own) => receipts.find(({ consumer }) => consumer === own)?.confirmedAt,
  );
  if (keeps === undefined) return { name, contents, clean: null };
  if (keeps.retentionMs < 0 || times.includes(undefined)) return { name, contents, clean: false };
  const lastMs = Math.max(...times.map((at) => Date.parse(at ?? '')));
  const removedBy = new Date(lastMs + keeps.retentionMs + keeps.segmentMs + BROKER_DELAY_MS);
  return { name, contents, removedBy: removedBy.toISOString(), clean: removedBy <= now };
}

/** Formats until when a topic keeps the data of a person, in a few words. */
export function formatRetainedPersonalData({ contents, removedBy, clean }: RetainedPersonalData): string {
  if (clean === true) return 'clean';
  if (clean === null) return `${contents}: unknown`;
  return `${contents} ${removedBy === undefined ? 'are kept, without an end yet' : `until ${removedBy}`}`;
}
