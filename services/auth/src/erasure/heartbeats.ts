/**
 * Makes the broker remove the events of erased people from the topic. Kafka compacts a segment of a partition
 * only after a later record has started a new segment. On an idle partition, this never happens. Heartbeats
 * are therefore published to the partition until the original events are certain to be gone. A lease ensures
 * that only one instance publishes heartbeats.
 */
import { computeSegmentDurationMs, partitionOfKey } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, accountsTopic, heartbeatKey } from '@latchkey/events';
import type { ClockGuard, Logger, ProcessPart } from '@latchkey/process';
import type { Leases } from '@latchkey/store';
import { createRepeatedJob } from '../job.ts';
import type { ErasureReceiptStore, ErasureWithPublishedCopies } from '../ports/erasure-receipts.ts';
import { UnreadableCommit } from '../ports/journal.ts';
import {
  isAccountsTopicCompacted,
  type PublishCopiesWithoutPersonalDataDeps,
  publishCopiesWithoutPersonalData,
} from './copies.ts';
import { computeOriginalEventsRemovalDelayMs, SECOND_PUBLICATION_DELAY_MS } from './removal.ts';

const LEASE = 'erasure-heartbeats';
const LEASE_MS = 60_000;
const PAGE = 100;
const LONGEST_PAUSE_MS = 10 * 60_000;
/** The durations from which the publisher computes for how long heartbeats are needed. */
export interface ErasureHeartbeatDelays {
  /** How long the broker may keep a record after a later one has replaced it: ERASURE_TOPIC_DAYS, in ms. */
  readonly maxLagMs: number;
  /**
   * How long after the first copies of an account's events, which lack the personal data, the second copies are
   * published, in ms. Default: an hour.
   */
  readonly againMs?: number;
}

type Needs = Omit<PublishCopiesWithoutPersonalDataDeps, 'erasureReceipts'> & {
  readonly erasureReceipts: Pick<ErasureReceiptStore, 'listCopied' | 'noteCopies' | 'noteGone'>;
  readonly logger: Logger;
};

/** Publishes heartbeats until the events of erased accounts are gone from the topic. */
export interface ErasureHeartbeatPublisher {
  /**
   * Publishes all heartbeats that are due, and publishes events without personal data for the second time if
   * that is due. Does nothing while the topic is not compacted. In that case, no erasure can be completed on
   * the log until `ops republish` has written a compacted topic.
   * @throws StoreUnavailable; errors of the bus
   */
  run(): Promise<void>;
}

/** Creates the publisher of heartbeats for erasures. A caller of `run` must hold the lease for heartbeats. */
export function createErasureHeartbeatPublisher(
  deps: Needs,
  { maxLagMs, againMs = SECOND_PUBLICATION_DELAY_MS }: ErasureHeartbeatDelays,
): ErasureHeartbeatPublisher {
  const { erasureReceipts, bus, now, logger } = deps;
  const segmentMs = computeSegmentDurationMs(maxLagMs);
  const everyMs = segmentMs / 4;
  /** When this process last published a heartbeat to each partition, in ms since the epoch. */
  const last = new Map<number, number>();

  /**
   * Returns the time by which the broker has certainly removed the original events of an erased account, if
   * heartbeats are published until then; in ms since the epoch.
   */
  function goneAt({ copies: { lastAt } }: ErasureWithPublishedCopies): number {
    return Date.parse(lastAt) + computeOriginalEventsRemovalDelayMs(maxLagMs);
  }

  function isDueAgain({ copies: { firstAt, lastAt } }: ErasureWithPublishedCopies): boolean {
    const dueAt = Date.parse(firstAt) + againMs;
    return Date.parse(lastAt) < dueAt && dueAt <= now().getTime();
  }

  async function copyAgain({ account }: ErasureWithPublishedCopies): Promise<void> {
    try {
      await publishCopiesWithoutPersonalData(deps, account);
    } catch (error) {
      if (!(error instanceof UnreadableCommit)) throw error;
      logger.error(
        { err: error, stream: account },
        'the events of an erased account cannot be published again',
      );
      // Record the time as if the second publication had succeeded, because otherwise heartbeats would be sent
      // without end. The first publication has succeeded.
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
   * Handles one erasure. Publishes the account's events for the second time, and a heartbeat, if they are
   * due. Records when the original events are gone.
   * @param earlier when the last heartbeat to each partition was published before this run, in ms since the
   * epoch
   */
  async function handle(
    erasure: ErasureWithPublishedCopies,
    earlier: ReadonlyMap<number, number>,
  ): Promise<void> {
    const { account } = erasure;
    const dueAgain = isDueAgain(erasure);
    if (dueAgain) await copyAgain(erasure);
    const partition = partitionOfKey(Buffer.from(account), accountsTopic.partitions);
    await beat(account, partition);
    if (dueAgain || now().getTime() <= goneAt(erasure)) return;
    // If auth or the log was down, heartbeats may be missing, so that the broker has not compacted the
    // partition. Therefore, record the original events as gone only if an earlier run has published a
    // heartbeat late enough: after that time minus the duration of a segment.
    const beatAt = earlier.get(partition) ?? Number.NEGATIVE_INFINITY;
    if (beatAt > goneAt(erasure) - segmentMs) await erasureReceipts.noteGone(account, now().toISOString());
  }

  return {
    async run() {
      if (!(await isAccountsTopicCompacted(deps))) return;
      const earlier = new Map(last);
      let after: ErasureWithPublishedCopies | undefined;
      do {
        const page = await erasureReceipts.listCopied({ limit: PAGE, ...(after && { after }) });
        for (const erasure of page) await handle(erasure, earlier);
        after = page.length === PAGE ? page.at(-1) : undefined;
      } while (after);
    },
  };
}

/**
 * Creates a job that publishes heartbeats while the topic may still contain the original events of an erased
 * account.
 */
export function createErasureHeartbeatJob(
  deps: Needs & {
    readonly leases: Leases;
    readonly owner: string;
    readonly clock: Pick<ClockGuard, 'assertTrusted'>;
  },
  times: ErasureHeartbeatDelays,
): ProcessPart {
  const { erasureReceipts, leases, owner, now, logger, clock } = deps;
  const heartbeats = createErasureHeartbeatPublisher(deps, times);
  async function run(): Promise<boolean> {
    clock.assertTrusted();
    // Check whether there is any work before taking the lease: usually there is none, and taking the lease is
    // a write.
    if ((await erasureReceipts.listCopied({ limit: 1 })).length === 0) return false;
    const held = await leases.take({ name: LEASE, holder: owner, now: now(), ms: LEASE_MS });
    if (held) await heartbeats.run();
    return false;
  }
  const everyMs = Math.min(LONGEST_PAUSE_MS, computeSegmentDurationMs(times.maxLagMs) / 8);
  return createRepeatedJob({
    name: 'erasure heartbeats',
    everyMs,
    logger,
    run,
    onStop: () => leases.release(LEASE, owner),
  });
}
