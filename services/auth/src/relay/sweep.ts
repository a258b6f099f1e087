import type { Leases } from '@latchkey/store';
import type { Outbox, TimeSpan } from '../ports/outbox.ts';

export interface OutboxSweepDeps {
  readonly outbox: Pick<Outbox, 'waiting'>;
  readonly leases: Leases;
  /** The unique id of this process. */
  readonly instance: string;
  /**
   * The duration of the lease for sweeps, in ms (default 10,000). While one process holds the lease, no other
   * process sweeps.
   */
  readonly leaseMs?: number;
  readonly now: () => Date;
  /**
   * Called for each stream with overdue commits, which are commits that should have been published already.
   */
  found(stream: string): void;
}

export interface OutboxSweep {
  /**
   * Searches the outbox once for streams with overdue commits.
   * @returns whether this process found any overdue commits
   * @throws StoreUnavailable
   */
  run(): Promise<boolean>;
  /** Releases the lease for sweeps. Never rejects. */
  release(): Promise<void>;
}

const LEASE = 'relay-sweep';
/**
 * Unpublished commits of this age or older are overdue, in ms. Younger ones are left to the process that
 * appended them.
 */
const OVERDUE_MS = 1000;
const STREAMS_PER_RUN = 1000;

/**
 * Creates the search for overdue commits: commits of processes that died before publishing them, or that
 * never publish, such as ops commands. The lease only saves work: concurrent searches would at worst publish
 * duplicates. The sweep takes the lease only if there are overdue commits, so that an idle system writes
 * nothing.
 */
export function createOutboxSweep({
  outbox,
  leases,
  instance,
  leaseMs = 10_000,
  now,
  found,
}: OutboxSweepDeps): OutboxSweep {
  let holdsLease = false;
  let isFirst = true;

  /**
   * Returns the time span whose commits are left to the processes that appended them. Returns undefined in
   * the first run, in which the sweep takes all commits, because this process has not appended any yet.
   */
  function recent(): TimeSpan | undefined {
    const to = now();
    return isFirst ? undefined : { from: new Date(to.getTime() - OVERDUE_MS), to };
  }

  return {
    async run() {
      const except = recent();
      const streams = await outbox.waiting({ ...(except && { recent: except }), limit: STREAMS_PER_RUN });
      isFirst = false;
      if (streams.length === 0) return false;
      holdsLease = await leases.take({ name: LEASE, holder: instance, now: now(), ms: leaseMs });
      if (holdsLease) for (const stream of streams) found(stream);
      return holdsLease;
    },
    async release() {
      if (!holdsLease) return;
      holdsLease = false;
      await leases.release(LEASE, instance);
    },
  };
}
