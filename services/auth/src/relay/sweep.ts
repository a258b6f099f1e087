import type { Leases } from '@latchkey/store';
import type { Outbox, OutboxPageRequest, TimeSpan } from '../ports/outbox.ts';

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
  /**
   * Returns for how many further streams the queue has space. A run of the sweep does nothing unless there is
   * enough space for all streams that it may find.
   */
  capacity(): number;
  /** Returns whether publishing currently fails for streams that were found earlier. */
  isFailing(): boolean;
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
 * The age, in ms, from which on an unpublished commit is overdue. Younger commits are left to the process
 * that appended them.
 */
export const OVERDUE_MS = 1000;
const COMMITS_PER_PAGE = 1000;
/** Once a run of the sweep has found this many streams, it reads no further page. */
const STREAMS_PER_RUN = 1000;
const PAGES_PER_RUN = 10;
/**
 * The maximum number of streams that one run can find. The run may find almost STREAMS_PER_RUN streams, and
 * then as many as fit on its last page. Its first page may also contain a page of commits whose times are in
 * the future.
 */
const MAX_STREAMS_PER_RUN = STREAMS_PER_RUN + 2 * COMMITS_PER_PAGE;
/**
 * The minimum number of runs in one pass over the outbox while publishing fails. Each run continues where
 * the previous run of the pass has stopped. After this many runs, and once the last overdue commit has
 * been read, the next pass begins again with the oldest commit. It thus also finds commits that were
 * appended after a run had read past their times.
 */
const RUNS_PER_PASS = 15;

/**
 * Creates the sweep, which searches the outbox for overdue commits. A commit becomes overdue if its process
 * died before publishing it, or if its process never publishes, as is the case with ops commands. Only the
 * process that holds a lease sweeps. The lease only saves work: without it, concurrent sweeps would at worst
 * publish duplicates. A process requests the lease only if there are overdue commits, so that an idle system
 * writes nothing. A process without the lease reads one commit per run. A process that cannot publish
 * releases the lease after each run.
 */
export function createOutboxSweep({
  outbox,
  leases,
  instance,
  leaseMs = 10_000,
  now,
  found,
  capacity,
  isFailing,
}: OutboxSweepDeps): OutboxSweep {
  let holdsLease = false;
  let isFirst = true;
  /** The time of the last commit that was read. Undefined if the next run starts over. */
  let after: Date | undefined;
  /** Whether the last run has reached the end of the overdue commits. */
  let isAtEnd = false;
  let runsInPass = 0;

  async function takeLease(): Promise<boolean> {
    holdsLease = await leases.take({ name: LEASE, holder: instance, now: now(), ms: leaseMs });
    return holdsLease;
  }

  async function releaseLease(): Promise<void> {
    if (!holdsLease) return;
    holdsLease = false;
    await leases.release(LEASE, instance);
  }

  /**
   * Returns the span of time whose commits the sweep skips, because the processes that appended them are
   * about to publish them. Returns undefined in the first run: this process has just started and has not
   * appended any commits yet, so the sweep skips nothing.
   */
  function recent(): TimeSpan | undefined {
    const to = now();
    return isFirst ? undefined : { from: new Date(to.getTime() - OVERDUE_MS), to };
  }

  async function isAnyOverdue(except: Pick<OutboxPageRequest, 'recent'>): Promise<boolean> {
    return (await outbox.waiting({ ...except, limit: 1 })).streams.length > 0;
  }

  /**
   * Reads pages of overdue commits until enough streams are found, and remembers where the next run
   * continues. @returns the streams that were found
   */
  async function readOn(except: Pick<OutboxPageRequest, 'recent'>): Promise<ReadonlySet<string>> {
    const streams = new Set<string>();
    let hasMore = true;
    for (let page = 0; hasMore && page < PAGES_PER_RUN && streams.size < STREAMS_PER_RUN; page += 1) {
      const read = await outbox.waiting({ ...except, ...(after && { after }), limit: COMMITS_PER_PAGE });
      for (const stream of read.streams) streams.add(stream);
      ({ hasMore } = read);
      after = read.last ?? after;
    }
    isAtEnd = !hasMore;
    return streams;
  }

  return {
    async run() {
      // If the queue may not have space for all streams of a run, read nothing. Keep the lease if this
      // process can publish: otherwise, another process would publish the same commits. If this process
      // cannot publish, release the lease.
      if (capacity() < MAX_STREAMS_PER_RUN) {
        if (isFailing()) await releaseLease();
        else if (holdsLease) await takeLease();
        return false;
      }
      const span = recent();
      const except = span && { recent: span };
      runsInPass += 1;
      if (isAtEnd && (runsInPass > RUNS_PER_PASS || !isFailing())) after = undefined;
      if (after === undefined) {
        runsInPass = 1;
        if (!(await isAnyOverdue({ ...except }))) {
          isFirst = false;
          return false;
        }
      }
      const streams = (await takeLease()) ? await readOn({ ...except }) : new Set<string>();
      // The first run reads all commits, so `after` may be the time of a commit in the future. Let the next
      // run start with the oldest commit; it reads commits in the future on its first page.
      if (!holdsLease || isFirst) after = undefined;
      isFirst = false;
      for (const stream of streams) found(stream);
      // This process cannot publish at present. Release the lease, so that another process can take it and
      // publish.
      if (isFailing()) await releaseLease();
      return streams.size > 0;
    },
    release: releaseLease,
  };
}
