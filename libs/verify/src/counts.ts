import type { StreamComparison } from './compare-streams.ts';

const ZERO = {
  accounts: 0,
  mailings: 0,
  /** The number of events in the journal. */
  events: 0,
  /** The number of events that are on their topic in the right order. */
  onTopic: 0,
  /** The number of records that repeat an earlier one. */
  repeated: 0,
  /**
   * The number of records whose event is on the topic twice: first too early, before an earlier event of its
   * stream, and later again in the right order.
   */
  outOfOrder: 0,
  unreadable: 0,
  withoutKey: 0,
  /** The number of commits in the outbox, which are not published yet. */
  unpublished: 0,
  profiles: 0,
  parked: 0,
  /**
   * The number of deliveries that the events must cause. `recorded` is how many of these deliveries the
   * notifier has recorded.
   */
  owed: 0,
  recorded: 0,
  expiredLeases: 0,
  /**
   * The number of accounts and mailings that were compared again, because the first comparison found that the
   * stores differ.
   */
  rechecked: 0,
};

export type ComparisonCounts = typeof ZERO;

export interface ComparisonCounter {
  readonly counts: ComparisonCounts;
  /** Adds the result of the final comparison of a stream. Must be called once for each stream. */
  add(compared: StreamComparison): void;
  /** Returns the time at which the oldest commit in the outbox was appended. */
  oldestUnpublished(): Date | undefined;
}

export function createComparisonCounter(): ComparisonCounter {
  const counts = { ...ZERO };
  let oldest: Date | undefined;

  return {
    counts,
    add({ stream, isMailing, entry, log, stored, owed, recorded }) {
      if (stream.events.length > 0) counts[isMailing ? 'mailings' : 'accounts'] += 1;
      counts.events += stream.events.length;
      counts.onTopic += log.onTopic;
      counts.repeated += entry.repeated;
      counts.outOfOrder += log.repaired;
      counts.unreadable += entry.unreadable;
      counts.unpublished += log.unpublished.length;
      if (stored !== undefined && stored.sequence > 0) counts.profiles += 1;
      if (stored?.parked !== undefined) counts.parked += 1;
      counts.owed += owed;
      counts.recorded += recorded;
      for (const at of log.unpublished) if (oldest === undefined || at < oldest) oldest = at;
    },
    oldestUnpublished: () => oldest,
  };
}
