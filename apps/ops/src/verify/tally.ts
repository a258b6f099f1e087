/** What was counted on the way. */
import type { StreamLook } from './look.ts';

export interface Counts {
  accounts: number;
  mailings: number;
  events: number;
  /** Events that their topics have in their order. */
  onTopic: number;
  /** Records that say the same as one before. */
  repeated: number;
  /** Records that came too early, and again in their turn. */
  outOfTurn: number;
  unreadable: number;
  withoutKey: number;
  /** Commits in the outbox. */
  unpublished: number;
  profiles: number;
  parked: number;
  owed: number;
  recorded: number;
  leasesOver: number;
  /** Accounts and mailings that disagreed at first, and were looked at again. */
  lookedAgain: number;
}

export interface Tally {
  readonly counts: Counts;
  /** Once for every stream, when it is done with. */
  add(look: StreamLook): void;
  /** When the oldest commit in the outbox was appended. */
  oldestUnpublished(): Date | undefined;
}

export function createTally(): Tally {
  const counts: Counts = {
    accounts: 0,
    mailings: 0,
    events: 0,
    onTopic: 0,
    repeated: 0,
    outOfTurn: 0,
    unreadable: 0,
    withoutKey: 0,
    unpublished: 0,
    profiles: 0,
    parked: 0,
    owed: 0,
    recorded: 0,
    leasesOver: 0,
    lookedAgain: 0,
  };
  let oldest: Date | undefined;

  return {
    counts,
    add({ stream, isMailing, entry, log, stored, owed, recorded }) {
      if (stream.events.length > 0) counts[isMailing ? 'mailings' : 'accounts'] += 1;
      counts.events += stream.events.length;
      counts.onTopic += log.reach;
      counts.repeated += entry.repeated;
      counts.outOfTurn += log.repaired;
      counts.unreadable += entry.unreadable;
      counts.unpublished += log.unpublished.length;
      if (stored?.profile !== undefined) counts.profiles += 1;
      if (stored?.parked !== undefined) counts.parked += 1;
      counts.owed += owed;
      counts.recorded += recorded;
      for (const at of log.unpublished) if (oldest === undefined || at < oldest) oldest = at;
    },
    oldestUnpublished: () => oldest,
  };
}
