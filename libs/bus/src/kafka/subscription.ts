/** A subscription: a member of a group, and the checks that detect a stuck consumer. */
import type { BusSubscribeOptions, BusSubscription } from '../bus.ts';
import { withKafkaAdmin } from './admin.ts';
import type { PartitionOffsets } from './groups.ts';
import { type GroupMembershipDeps, joinConsumerGroup } from './membership.ts';
import { createGroupPositionWatch } from './position-watch.ts';
import { createPartitionProgressWatch } from './workarounds/progress-watch.ts';
import { createConsumerWatchdog } from './workarounds/watchdog.ts';

const NO_POSITIONS =
  'the group has no positions, although its topics have records: the group is new, or its positions were deleted or have expired; it reads from the beginning';

export interface KafkaSubscriptionDeps extends GroupMembershipDeps {
  /** Returns how many records the group has not read yet. */
  lag(): Promise<number>;
  /** Returns the group's offsets, by partition name. */
  offsets(): Promise<ReadonlyMap<string, PartitionOffsets>>;
}

/** Joins the group. The topics must exist. @throws Error of kafkajs if the group cannot be joined */
export async function openKafkaSubscription(
  options: BusSubscribeOptions,
  partitions: number,
  { lag, offsets, ...deps }: KafkaSubscriptionDeps,
): Promise<BusSubscription> {
  const { group } = options;
  const { clients, times, logger, onFatal } = deps;
  const now = performance.now.bind(performance);
  const positions = createGroupPositionWatch({
    group,
    onFault: (fault) => logger.warn({ group, fault }, 'a position of the group is wrong or does not advance'),
    now,
  });
  // Check the stored positions before the member joins the group. When it joins, the broker moves every
  // position that is out of range, so a later check would not notice the fault.
  const first = await offsets();
  positions.look(first);
  if (hasNoPositions(first)) {
    if (await options.hasReadBefore?.()) positions.noteForgotten();
    else logger.warn({ group }, NO_POSITIONS);
  }
  const membership = await joinConsumerGroup(options, partitions, deps);
  const progress = createPartitionProgressWatch({
    group,
    idle: membership.idle,
    async offsets() {
      const found = await offsets();
      positions.look(found);
      return found;
    },
    onStuck: onFatal,
    stuckAfterMs: times.stuckAfterMs,
    everyMs: times.progressEveryMs,
    now,
  });
  membership.onRejoin(progress.reset);
  const watchdog = createConsumerWatchdog({
    group,
    lastResponse: membership.lastResponse,
    probe: () => withKafkaAdmin(clients.prompt, async (admin) => void (await admin.describeCluster())),
    onStuck: onFatal,
    stuckAfterMs: times.stuckAfterMs,
    everyMs: times.watchEveryMs,
    now,
  });
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    watchdog.close();
    progress.close();
    await membership.leave();
  }

  async function caughtUp(): Promise<boolean> {
    const reached = await offsets();
    return [...first].every(([name, { end }]) => (reached.get(name)?.position ?? 0) >= end);
  }

  return {
    lag,
    caughtUp,
    faults: () => (closed ? [] : positions.faults()),
    healthy: () => !closed && now() - membership.lastResponse() < times.healthyWithinMs,
    close() {
      closed ??= close();
      return closed;
    },
  };
}

/** Returns whether a group has no position in any partition although the partitions have records. */
function hasNoPositions(offsets: ReadonlyMap<string, PartitionOffsets>): boolean {
  const all = [...offsets.values()];
  return all.every(({ stored }) => stored === undefined) && all.some(({ start, end }) => start < end);
}
