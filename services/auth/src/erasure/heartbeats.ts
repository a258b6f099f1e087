/**
 * Makes the broker remove the events of erased people from the topic, on one instance at a time. Kafka compacts a part
 * of a partition only when a later record has begun a new segment, and an idle partition gets no later records. So
 * heartbeats are published to it until the earlier records are certain to be gone.
 */
import { partitionOfKey, segmentMsFor } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, accountsTopic, heartbeatKey } from '@latchkey/events';
import type { ClockGuard, Logger, Part } from '@latchkey/process';
import type { Leases } from '@latchkey/store';
import { createJob } from '../job.ts';
import type { CopiedErasure, ErasureReceipts } from '../ports/erasure-receipts.ts';
import { UnreadableCommit } from '../ports/journal.ts';
import { type CopyNeeds, publishCopies } from './copies.ts';

const LEASE = 'erasure-heartbeats';
const LEASE_MS = 60_000;
const PAGE = 100;
const LONGEST_PAUSE_MS = 10 * 60_000;
/**
 * How long after the first copies they are published once more: a publish of the events with the person may have been
 * delayed until after the first ones, and then it would stay.
 */
const AGAIN_MS = 60 * 60_000;

export interface HeartbeatTimes {
  /** How long the broker may keep a record after a later one has replaced it: ERASURE_TOPIC_DAYS, in ms. */
  readonly maxLagMs: number;
  /** Default: an hour. */
  readonly againMs?: number;
}

type Needs = Omit<CopyNeeds, 'erasureReceipts'> & {
  readonly erasureReceipts: Pick<ErasureReceipts, 'listCopied' | 'noteCopies' | 'removeCopies'>;
  readonly logger: Logger;
};

export interface Heartbeats {
  /**
   * Publishes what is due.
   * @throws StoreUnavailable; Error as the bus does
   */
  run(): Promise<void>;
}

/** @returns the work of one run, without a lease */
export function createHeartbeats(deps: Needs, { maxLagMs, againMs = AGAIN_MS }: HeartbeatTimes): Heartbeats {
  const { erasureReceipts, bus, now, logger } = deps;
  const segmentMs = segmentMsFor(maxLagMs);
  /** One segment's time until the copies are compacted, and another in reserve. */
  const keptMs = maxLagMs + 2 * segmentMs;
  const everyMs = segmentMs / 4;
  /** When this process has published the last heartbeat to each partition; ms since 1970. */
  const last = new Map<number, number>();

  function isGone({ copies }: CopiedErasure): boolean {
    return now().getTime() - Date.parse(copies.lastAt) > keptMs;
  }

  function isDueAgain({ copies: { firstAt, lastAt } }: CopiedErasure): boolean {
    const dueAt = Date.parse(firstAt) + againMs;
    return Date.parse(lastAt) < dueAt && dueAt <= now().getTime();
  }

  async function copyAgain({ account }: CopiedErasure): Promise<void> {
    try {
      await publishCopies(deps, account);
    } catch (error) {
      if (!(error instanceof UnreadableCommit)) throw error;
      logger.error(
        { err: error, stream: account },
        'the events of an erased account cannot be published again',
      );
      // Noted like a success, so that the heartbeats end. The first copies have been published.
      await erasureReceipts.noteCopies(account, now().toISOString());
    }
  }

  async function beat(account: string): Promise<void> {
    const partition = partitionOfKey(Buffer.from(account), accountsTopic.partitions);
    const at = now().getTime();
    if (at - (last.get(partition) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    await bus.publish(ACCOUNTS_TOPIC, [{ key: heartbeatKey(account), value: null, headers: {} }]);
    last.set(partition, at);
  }

  async function handle(erasure: CopiedErasure): Promise<void> {
    const dueAgain = isDueAgain(erasure);
    if (dueAgain) await copyAgain(erasure);
    // Also before the erasure is closed: during a long outage every earlier heartbeat may have been missed.
    await beat(erasure.account);
    if (!dueAgain && isGone(erasure)) await erasureReceipts.removeCopies(erasure.account);
  }

  return {
    async run() {
      let after: CopiedErasure | undefined;
      do {
        const page = await erasureReceipts.listCopied({ limit: PAGE, ...(after && { after }) });
        for (const erasure of page) await handle(erasure);
        after = page.length === PAGE ? page.at(-1) : undefined;
      } while (after);
    },
  };
}

/** Runs the heartbeats for as long as there are erasures whose events may be on the topic. */
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
    // Usually there are none, and then no lease needs to be written.
    if ((await erasureReceipts.listCopied({ limit: 1 })).length === 0) return false;
    const held = await leases.take({ name: LEASE, holder: owner, now: now(), ms: LEASE_MS });
    if (held) await heartbeats.run();
    return false;
  }
  const everyMs = Math.min(LONGEST_PAUSE_MS, segmentMsFor(times.maxLagMs) / 8);
  const job = createJob({ name: 'erasure heartbeats', everyMs, logger, run });
  return {
    ...job,
    stop: async () => {
      await job.stop();
      // Best effort: the lease expires by itself.
      await leases.release(LEASE, owner).catch(() => undefined);
    },
  };
}
