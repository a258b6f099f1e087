import { createLeaseWatch, type HeldLease, type LeaseWatch } from './lease-watch.ts';
import { StoreUnavailable } from './store-unavailable.ts';

/**
 * Leases: a named job has at most one holder at a time, until its lease expires. If a holder takes longer
 * than its lease, another process may take the lease and do the same work at the same time. Therefore the
 * work must be safe to do twice.
 */
export interface Leases {
  /**
   * Takes the lease with this name. If `holder` already has the lease, renews it. If another holder has the
   * lease, takes it over only if this process has seen it unchanged for `ms` milliseconds.
   * @returns false if another holder keeps the lease
   * @throws StoreUnavailable
   */
  take(lease: {
    readonly name: string;
    readonly holder: string;
    readonly now: Date;
    /** The duration of the lease in milliseconds. All holders must use the same value. */
    readonly ms: number;
  }): Promise<boolean>;
  /**
   * Releases a lease before it expires. Does nothing if another holder has it. Best effort: if the store is
   * unavailable, the lease expires by itself.
   */
  release(name: string, holder: string): Promise<void>;
}

/**
 * The store of leases. Each adapter must pass the tests in `lease-records.contract.ts`. Every method rejects
 * with StoreUnavailable if the store fails.
 */
export interface LeaseRecords {
  find(name: string): Promise<HeldLease | undefined>;
  /** Inserts a lease. @returns false if a lease with this name exists */
  insert(lease: HeldLease): Promise<boolean>;
  /**
   * Replaces a lease with another one of the same name.
   * @returns false if the stored lease differs from `before`
   */
  replace(before: HeldLease, next: HeldLease): Promise<boolean>;
  /** Deletes the lease with this name if this holder has it. Otherwise does nothing. */
  remove(name: string, holder: string): Promise<void>;
}

/**
 * Creates leases that are stored in the given store.
 * @param monotonic returns a monotonic time in ms
 */
export function createLeases(records: LeaseRecords, monotonic?: () => number): Leases {
  const watches = new Map<string, LeaseWatch>();

  function watchOf(name: string): LeaseWatch {
    const watch = watches.get(name) ?? createLeaseWatch(monotonic);
    watches.set(name, watch);
    return watch;
  }

  return {
    async take({ name, holder, now, ms }) {
      const next = { name, holder, until: new Date(now.getTime() + ms) };
      const held = await records.find(name);
      const isExpired = watchOf(name).expired(held === undefined ? [] : [held], ms).length > 0;
      if (held === undefined) return records.insert(next);
      if (held.holder !== holder && !isExpired) return false;
      return records.replace(held, { ...next, until: distinctFrom(held.until, next.until) });
    },
    async release(name, holder) {
      try {
        await records.remove(name, holder);
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
      }
    },
  };
}

/**
 * Returns the stored end of a renewed lease: `until`, or 1 ms later if the previous end `before` is the same
 * time. Both can be the same if the clock was set back before the renewal. Each renewal must change the
 * stored end, because other processes recognise a renewal only by this change.
 */
function distinctFrom(before: Date, until: Date): Date {
  return until.getTime() === before.getTime() ? new Date(until.getTime() + 1) : until;
}
