import type { PartitionOffsets } from '../groups.ts';
import { createProcessSuspensionDetector } from './suspension.ts';

/**
 * A partition that is assigned to this member, and for which the member is neither handling records nor
 * waiting for a retry.
 */
export interface IdlePartition {
  /** The name of the partition, in the format of `formatPartitionName`. */
  readonly name: string;
  /** How many batches of this partition kafkajs has delivered since the last rebalance. */
  readonly batches: number;
  /** The offset after the last delivered batch, control records included; 0 if there was none. */
  readonly nextOffset: number;
}

export interface PartitionProgressWatchDeps {
  readonly group: string;
  /**
   * Returns the assigned partitions whose records the member is neither handling nor waiting to retry. Other
   * partitions are left out, because it is not a fault if a handler has to wait for a store.
   */
  idle(): readonly IdlePartition[];
  /** Returns the offsets of partitions, by name. Rejects while the brokers do not respond. */
  offsets(): Promise<ReadonlyMap<string, Pick<PartitionOffsets, 'position' | 'end'>>>;
  /** Called at most once, when a partition makes no progress although the brokers respond. */
  onStuck(reason: Error): void;
  readonly stuckAfterMs: number;
  readonly everyMs: number;
  /** Returns the time of a monotonic clock, in ms. */
  now(): number;
}

export interface PartitionProgressWatch {
  /** Forgets everything observed so far. Must be called when the group was rebalanced. */
  reset(): void;
  close(): void;
}

interface Waiting {
  readonly batches: number;
  readonly since: number;
}

/**
 * Detects partitions whose records never arrive, although the consumer looks healthy: it sends fetches, and
 * is a member of its group. Does not report partitions without records, and does not report missing progress
 * during outages, slow handlers and suspensions of the process.
 */
export function createPartitionProgressWatch(deps: PartitionProgressWatchDeps): PartitionProgressWatch {
  const { now, stuckAfterMs, everyMs } = deps;
  let waiting = new Map<string, Waiting>();
  let epoch = 0;
  let checking = false;
  const wasSuspended = createProcessSuspensionDetector(everyMs, now);

  function reset(): void {
    epoch += 1;
    waiting = new Map();
  }

  async function check(): Promise<void> {
    if (wasSuspended()) reset();
    if (checking) return;
    checking = true;
    const [startedAt, startedIn] = [now(), epoch];
    const before = deps.idle();
    const offsets = await deps.offsets().catch(() => undefined);
    checking = false;
    if (wasSuspended()) reset();
    if (startedIn !== epoch) return;
    if (offsets === undefined) return reset();
    const batchesNow = new Map(deps.idle().map(({ name, batches }) => [name, batches]));
    const hasUndelivered = ({ name, batches, nextOffset }: IdlePartition): boolean => {
      const known = offsets.get(name);
      return (
        batchesNow.get(name) === batches &&
        known !== undefined &&
        known.end > Math.max(known.position, nextOffset)
      );
    };
    waiting = new Map(
      before
        .filter(hasUndelivered)
        .map(({ name, batches }) => [name, waitingSince(name, batches, startedAt)]),
    );
    report();
  }

  function waitingSince(name: string, batches: number, at: number): Waiting {
    const earlier = waiting.get(name);
    return earlier?.batches === batches ? earlier : { batches, since: at };
  }

  function report(): void {
    for (const [name, { since }] of waiting) {
      const ms = now() - since;
      if (ms < stuckAfterMs) continue;
      clearInterval(timer);
      deps.onStuck(
        new Error(
          `The consumer of group ${deps.group} makes no progress: for ${Math.round(ms / 1000)} s it has received nothing of ${name}, although records are waiting there.`,
        ),
      );
      return;
    }
  }

  const timer = setInterval(() => void check(), everyMs);
  return {
    reset,
    close() {
      reset();
      clearInterval(timer);
    },
  };
}
