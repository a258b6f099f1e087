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
  /** Returns how many further streams can be published; the sweep waits until there are enough. */
  capacity(): number;
  /** Returns whether streams that were found before cannot be published at present. */
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
const OVERDUE_MS = 1000;
const COMMITS_PER_PAGE = 1000;
/** A run reads further pages until it has found this many streams. */
const STREAMS_PER_RUN = 1000;
const PAGES_PER_RUN = 10;
/** The first page of a pass may contain as many streams of the future again. */
const MAX_STREAMS_PER_RUN = STREAMS_PER_RUN + 2 * COMMITS_PER_PAGE;
/**
 * While publishing fails, every run reads only what follows the commits that were read before. After this many runs, and
 * once the last commit has been read, it starts over, to find commits that were appended late with an earlier time.
 */
const RUNS_PER_PASS = 15;

/**
 * Creates the search for overdue commits: commits of processes that died before publishing them, or that
 * never publish, such as ops commands. The lease only saves work: concurrent searches would at worst publish
 * duplicates. The sweep takes the lease only if there are overdue commits, so that an idle system writes
 * nothing. A process without the lease reads one commit per run. A process that cannot publish gives up the lease
 * after each run.
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
  /** Whether the last run has read the last overdue commit. */
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
   * Returns the time span whose commits this sweep leaves to the processes that appended them. Returns
   * undefined in the first run, in which the sweep takes all commits, because this process has not appended
   * any yet.
   */
  function recent(): TimeSpan | undefined {
    const to = now();
    return isFirst ? undefined : { from: new Date(to.getTime() - OVERDUE_MS), to };
  }

  async function isAnyOverdue(except: Pick<OutboxPageRequest, 'recent'>): Promise<boolean> {
    return (await outbox.waiting({ ...except, limit: 1 })).streams.length > 0;
  }

  /** Reads pages until there are enough streams, and remembers where to continue. @returns the streams */
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
      // Read nothing that the queue would drop. Keep the lease, so that no other process publishes the same commits,
      // unless this process cannot publish them.
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
      // Commits of the future belong to the first page of a pass, which the first run does not tell apart.
      if (!holdsLease || isFirst) after = undefined;
      isFirst = false;
      for (const stream of streams) found(stream);
      // Until the next run, another process may take the lease, and publish what this process cannot publish.
      if (isFailing()) await releaseLease();
      return streams.size > 0;
    },
    release: releaseLease,
  };
}
