/**
 * Makes the broker remove the events of erased people from the topic, on one instance at a time. Kafka compacts a part
 * of a partition only when a later record has begun a new segment, and an idle partition gets no later records. So
 * heartbeats are published to it until the earlier records are certain to be gone.
 */
import { partitionOfKey, segmentMsForCompaction } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, accountsTopic, heartbeatKey } from '@latchkey/events';
import type { ClockGuard, Logger, Part } from '@latchkey/process';
import type { Leases } from '@latchkey/store';
import { createJob } from '../job.ts';
import type { ErasureReceipts, ErasureWithCopies } from '../ports/erasure-receipts.ts';
import { UnreadableCommit } from '../ports/journal.ts';
import { isAccountsTopicCompacted, type PublishCopiesDeps, publishCopies } from './copies.ts';
import { maxRemovalDelayMs, SECOND_COPIES_DELAY_MS } from './removal.ts';

const LEASE = 'erasure-heartbeats';
const LEASE_MS = 60_000;
const PAGE = 100;
const LONGEST_PAUSE_MS = 10 * 60_000;
export interface HeartbeatTimes {
  /** How long the broker may keep a record after a later one has replaced it: ERASURE_TOPIC_DAYS, in ms. */
  readonly maxLagMs: number;
  /** The time after which the copies are published a second time, in ms. Default: an hour. */
  readonly againMs?: number;
}

type Needs = Omit<PublishCopiesDeps, 'erasureReceipts'> & {
  readonly erasureReceipts: Pick<ErasureReceipts, 'listCopied' | 'noteCopies' | 'noteGone'>;
  readonly logger: Logger;
};

export interface Heartbeats {
  /**
   * Publishes the heartbeats and the copies of events that are due. Does nothing while the topic is not compacted: the
   * erasures then wait for the topic that replaces it.
   * @throws StoreUnavailable; errors of the bus
   */
  run(): Promise<void>;
}

/** Creates the publisher of heartbeats. Its `run` takes no lease. */
export function createHeartbeats(
  deps: Needs,
  { maxLagMs, againMs = SECOND_COPIES_DELAY_MS }: HeartbeatTimes,
): Heartbeats {
  const { erasureReceipts, bus, now, logger } = deps;
  const segmentMs = segmentMsForCompaction(maxLagMs);
  const everyMs = segmentMs / 4;
  /** When this process last published a heartbeat to each partition; ms since 1970. */
  const last = new Map<number, number>();

  /**
   * Returns the time by which the broker has certainly removed the original records, provided that heartbeats were
   * published; ms since 1970.
   */
  function goneAt({ copies: { lastAt } }: ErasureWithCopies): number {
    return Date.parse(lastAt) + maxRemovalDelayMs(maxLagMs);
  }

  function isDueAgain({ copies: { firstAt, lastAt } }: ErasureWithCopies): boolean {
    const dueAt = Date.parse(firstAt) + againMs;
    return Date.parse(lastAt) < dueAt && dueAt <= now().getTime();
  }

  async function copyAgain({ account }: ErasureWithCopies): Promise<void> {
    try {
      await publishCopies(deps, account);
    } catch (error) {
      if (!(error instanceof UnreadableCommit)) throw error;
      logger.error(
        { err: error, stream: account },
        'the events of an erased account cannot be published again',
      );
      // The copies could not be published again. They are noted as if they had been, so that the heartbeats end: the
      // first copies were published.
      await erasureReceipts.noteCopies(account, now().toISOString());
    }
  }

  async function beat(account: string, partition: number): Promise<void> {
    const at = now().getTime();
    if (at - (last.get(partition) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    await bus.publish(ACCOUNTS_TOPIC, [{ key: heartbeatKey(account), value: null, headers: {} }]);
    last.set(partition, at);
  }

  /**
   * Handles one erasure: publishes the copies or the heartbeat that are due, and notes when the original events are
   * gone.
   * @param earlier a copy of `last` from before this run
   */
  async function handle(erasure: ErasureWithCopies, earlier: ReadonlyMap<number, number>): Promise<void> {
    const { account } = erasure;
    const dueAgain = isDueAgain(erasure);
    if (dueAgain) await copyAgain(erasure);
    const partition = partitionOfKey(Buffer.from(account), accountsTopic.partitions);
    await beat(account, partition);
    if (dueAgain || now().getTime() <= goneAt(erasure)) return;
    // During a long outage, all heartbeats may have been missed. So the events count as gone only if an earlier run has
    // published a heartbeat late enough.
    const beatAt = earlier.get(partition) ?? Number.NEGATIVE_INFINITY;
    if (beatAt > goneAt(erasure) - segmentMs) await erasureReceipts.noteGone(account, now().toISOString());
  }

  return {
    async run() {
      if (!(await isAccountsTopicCompacted(deps))) return;
      const earlier = new Map(last);
      let after: ErasureWithCopies | undefined;
      do {
        const page = await erasureReceipts.listCopied({ limit: PAGE, ...(after && { after }) });
        for (const erasure of page) await handle(erasure, earlier);
        after = page.length === PAGE ? page.at(-1) : undefined;
      } while (after);
    },
  };
}

/** Runs the heartbeats for as long as there are erasures whose original events may still be on the topic. */
export function createHeartbeatJob(
  deps: Needs & {
    readonly leases: Leases;
    readonly owner: string;
    readonly clock: Pick<ClockGuard, 'assertTrusted'>;
  },
  times: HeartbeatTimes,
): Part {
  const { erasureReceipts, leases, owner, now, logger, clock } = deps;
  const heartbeats = createHeartbeats(deps, times);
  async function run(): Promise<boolean> {
    clock.assertTrusted();
    // Usually, no erased person's original events remain on the topic, so no lease needs to be written.
    if ((await erasureReceipts.listCopied({ limit: 1 })).length === 0) return false;
    const held = await leases.take({ name: LEASE, holder: owner, now: now(), ms: LEASE_MS });
    if (held) await heartbeats.run();
    return false;
  }
  const everyMs = Math.min(LONGEST_PAUSE_MS, segmentMsForCompaction(times.maxLagMs) / 8);
  const job = createJob({ name: 'erasure heartbeats', everyMs, logger, run });
  return {
    ...job,
    stop: async () => {
      await job.stop();
      // If the release fails, the lease expires by itself.
      await leases.release(LEASE, owner).catch(() => undefined);
    },
  };
}
