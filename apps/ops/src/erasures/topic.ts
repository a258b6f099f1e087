/** Determines whether the accounts topic still contains data of an erased person. */
import { computeOriginalEventsRemovalDeadline, type ErasureRecord } from '@latchkey/auth/ops';

/**
 * How events with a person's data are removed from the topic after an erasure. `in place`: the embedded log
 * replaces these events. `compaction`: the broker removes these events after auth has published copies
 * without the data. `none`: these events remain, because the topic is not compacted. `unknown`: the broker
 * could not be reached.
 */
export type DataRemovalMethod = 'in place' | 'compaction' | 'none' | 'unknown';

/** The properties of the accounts topic that matter for erasures. */
export interface AccountsTopic {
  /** The full name of the topic on the log. */
  readonly name: string;
  readonly removal: DataRemovalMethod;
  /**
   * How long the broker may keep a record after a newer record with the same key replaced it: ERASURE_TOPIC_DAYS, in
   * ms.
   */
  readonly maxLagMs: number;
}

/** Whether the topic still contains data of one erased person. */
export interface ErasedDataInTopic {
  readonly name: string;
  readonly removal: DataRemovalMethod;
  /**
   * When auth last published copies of the events without the person's data (RFC 3339). Absent if auth
   * published no copies.
   */
  readonly copiesAt?: string;
  /**
   * The latest time at which the broker removes the events with the person's data (RFC 3339). Absent if auth
   * published no copies.
   */
  readonly removedBy?: string;
  /** Whether the events with the person's data were removed from the topic; null if this is unknown. */
  readonly clean: boolean | null;
}

/** Returns whether the topic still contains data of an erased person. */
export function computeErasedDataInTopic(
  { copies, receipts }: ErasureRecord,
  { name, removal, maxLagMs }: AccountsTopic,
): ErasedDataInTopic {
  // auth removes the person's data from the log in the last step of an erasure, before it confirms the
  // erasure.
  const isDone = receipts.some(({ consumer }) => consumer === 'auth');
  if (removal === 'in place') return { name, removal, clean: isDone };
  if (copies === undefined) {
    // The topic still contains the person's data: either auth has not published the copies without this
    // data yet, or the topic is not compacted, so that copies do not replace the original events.
    if (removal === 'none' || !isDone) return { name, removal, clean: false };
    // auth has confirmed the erasure without publishing copies, so the topic was not compacted at that time.
    // But now the topic is compacted, or its settings are unknown. It may be a new topic, so it is unknown
    // whether it contains the person's data.
    return { name, removal, clean: null };
  }
  const { lastAt: copiesAt, goneAt } = copies;
  // Copies were published, but the topic is not compacted, so the broker never removes the original records.
  if (goneAt === undefined && removal === 'none') return { name, removal, copiesAt, clean: false };
  const at = computeOriginalEventsRemovalDeadline(copies, maxLagMs).toISOString();
  return { name, removal, copiesAt, removedBy: at, clean: goneAt !== undefined };
}

/** Formats whether the topic still contains data of the person, in a few words for a table. */
export function formatErasedDataInTopic({ removal, removedBy: at, clean }: ErasedDataInTopic): string {
  if (clean === true) return 'clean';
  if (removal === 'none') return 'not compacted';
  if (clean === null) return 'unknown';
  return at === undefined ? 'not yet' : `until ${at}`;
}

/** Returns advice on how an operator removes the person's data from the topic. Undefined if there is nothing to do. */
export function formatAdviceOnRemovingData(
  { name, removal, clean }: ErasedDataInTopic,
  account: string,
): string | undefined {
  if (clean === true) return undefined;
  if (removal === 'none')
    return `${name} is not compacted, so it keeps the events with the person: move to a new topic (docs/upgrading.md)`;
  if (clean === null)
    return `auth has published no copies to ${name}, because auth used another log then, or the topic was not compacted: erase --check ${account} searches for the data of the person, and republish --account ${account} publishes the copies`;
  return undefined;
}
