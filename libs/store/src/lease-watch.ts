/**
 * Decides whether a lease has expired, by the observer's own monotonic clock (ADR 26). A lease has expired if
 * the observer has seen it unchanged for the lease's whole duration. The decision depends neither on the end
 * of the lease that the holder has stored nor on the observer's wall clock.
 */

/** A lease as it is stored. A renewal changes `until`. */
export interface HeldLease {
  readonly name: string;
  readonly holder: string;
  /** The time at which the lease ends, by the holder's clock. Shown to operators. Each renewal changes it. */
  readonly until: Date;
}

export interface LeaseWatch {
  /**
   * Compares the leases with those of the earlier calls, and returns the leases that have not changed for
   * `ms` milliseconds. Forgets leases that are not in the list.
   * @param held all leases of one kind that are held at the moment
   */
  expired<Lease extends HeldLease>(held: readonly Lease[], ms: number): readonly Lease[];
}

/** Creates a watch that has seen no leases yet. @param monotonic returns a monotonic time in ms */
export function createLeaseWatch(monotonic: () => number = () => performance.now()): LeaseWatch {
  let seenSince = new Map<string, number>();

  return {
    expired(held, ms) {
      const now = monotonic();
      const since = new Map(held.map((lease) => [keyOf(lease), seenSince.get(keyOf(lease)) ?? now]));
      seenSince = since;
      return held.filter((lease) => now - (since.get(keyOf(lease)) ?? now) >= ms);
    },
  };
}

function keyOf({ name, holder, until }: HeldLease): string {
  return JSON.stringify([name, holder, until.getTime()]);
}
