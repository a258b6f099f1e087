/** The partition consumers of one member: one for each partition that is assigned to the member. */
import type { ConsumerEndBatchProcessEvent, ConsumerGroupJoinEvent, EachBatchPayload } from 'kafkajs';
import type { BusRecord, BusSubscribeOptions } from '../bus.ts';
import type { KafkaLogger } from './connection.ts';
import { formatPartitionName } from './groups.ts';
import { createPartitionConsumer, type FetchedBatch, type PartitionConsumer } from './partition-consumer.ts';
import { type CommittedPosition, createPositionCommitter, type PositionCommitter } from './positions.ts';
import { toBusRecord } from './records.ts';
import type { KafkaTimeouts } from './times.ts';
import type { IdlePartition } from './workarounds/progress-watch.ts';
import type { StaleCoordinatorWatch } from './workarounds/stale-coordinator.ts';

const DEFAULT_SLICE_SIZE = 500;

export interface PartitionConsumersDeps {
  readonly logger: KafkaLogger;
  readonly times: KafkaTimeouts;
  readonly coordinator: StaleCoordinatorWatch;
  /** Publishes records that no handler can use to the dead-letter topic. Resolves once they are durable. */
  setAside(topic: string, unusable: ReadonlyMap<BusRecord, string>): Promise<void>;
  /** Called when a handler has exceeded its time limit. */
  onStuck(reason: Error): void;
  /** Stores a position of the group that does not belong to a batch that is being handled. */
  commit(position: CommittedPosition): Promise<void>;
}

export interface PartitionConsumers {
  /** Handles a fetched batch; resolves when kafkajs may fetch again. */
  take(payload: EachBatchPayload): Promise<void>;
  /**
   * Notes which partitions are assigned to the member, and revokes the consumers of partitions that the
   * member has lost. Must be called when the member has joined its group.
   */
  assign(join: ConsumerGroupJoinEvent['payload']): void;
  revokeAll(): void;
  /**
   * Counts a batch that kafkajs has delivered. Must be called even for a batch that contains only control
   * records.
   */
  batchEnded(batch: ConsumerEndBatchProcessEvent['payload']): void;
  /**
   * Returns the partitions that are assigned to this member and for which it is neither handling records nor
   * waiting for a retry.
   */
  idle(): readonly IdlePartition[];
  close(): Promise<void>;
}

export function createPartitionConsumers(
  { group, handle, sliceSize = DEFAULT_SLICE_SIZE, handleWithinMs }: BusSubscribeOptions,
  { logger, times, coordinator, setAside, onStuck, commit }: PartitionConsumersDeps,
): PartitionConsumers {
  const partitionConsumers = new Map<string, PartitionConsumer>();
  const positions = createPositionCommitter();
  let assigned = new Set<string>();
  let member: string | undefined;
  /**
   * For each partition, how many batches kafkajs has delivered since the last rebalance, and the offset after
   * the last batch. A rebalance clears this map, because kafkajs then starts at the committed positions
   * again.
   */
  const delivered = new Map<string, Omit<IdlePartition, 'name'>>();

  function partitionConsumerOf(topic: string, partition: number): PartitionConsumer {
    const name = formatPartitionName(topic, partition);
    const partitionConsumer =
      partitionConsumers.get(name) ??
      createPartitionConsumer({
        group,
        topic,
        partition,
        handle,
        sliceSize,
        logger,
        patienceMs: times.patienceMs,
        handleWithinMs: handleWithinMs ?? times.handleWithinMs,
        onStuck,
        setAside: (unusable) => setAside(topic, unusable),
      });
    partitionConsumers.set(name, partitionConsumer);
    return partitionConsumer;
  }

  function isIdle(name: string): boolean {
    return partitionConsumers.get(name)?.isIdle() ?? true;
  }

  /**
   * Stores the position after a batch without records, such as the marker at the end of a transaction.
   * kafkajs does not pass such a batch to the handler. If the position after the batch were not stored, the
   * group would appear to lag until the next record is written.
   */
  async function moveOver(position: CommittedPosition): Promise<void> {
    const { topic, partition } = position;
    const name = formatPartitionName(topic, partition);
    if (!assigned.has(name) || !isIdle(name)) return;
    try {
      await commit(position);
    } catch (err) {
      logger.warn(
        { err, group, topic, partition },
        'the position after a batch without records could not be stored; the group seems to lag until the next record',
      );
    }
  }

  function revokeWhere(isLost: (name: string) => boolean): void {
    for (const [name, partitionConsumer] of partitionConsumers) if (isLost(name)) partitionConsumer.revoke();
  }

  return {
    take: (payload) =>
      partitionConsumerOf(payload.batch.topic, payload.batch.partition).take(
        toRun(payload, positions, coordinator),
      ),
    assign({ memberId, memberAssignment }) {
      // If the member id is the same as before the rebalance, the member has kept its partitions.
      const isNewMember = memberId !== member;
      member = memberId;
      delivered.clear();
      assigned = new Set(
        Object.entries(memberAssignment).flatMap(([topic, partitions]) =>
          partitions.map((partition) => formatPartitionName(topic, partition)),
        ),
      );
      revokeWhere((name) => isNewMember || !assigned.has(name));
    },
    revokeAll: () => revokeWhere(() => true),
    batchEnded({ topic, partition, lastOffset, batchSize }) {
      const name = formatPartitionName(topic, partition);
      const batches = (delivered.get(name)?.batches ?? 0) + 1;
      const nextOffset = Number(lastOffset) + 1;
      delivered.set(name, { batches, nextOffset });
      if (batchSize === 0) void moveOver({ topic, partition, offset: nextOffset });
    },
    idle: () =>
      [...assigned]
        .filter(isIdle)
        .map((name) => ({ name, ...(delivered.get(name) ?? { batches: 0, nextOffset: 0 }) })),
    close: async () =>
      void (await Promise.all(
        [...partitionConsumers.values()].map((partitionConsumer) => partitionConsumer.close()),
      )),
  };
}

function toRun(
  { batch, resolveOffset, commitOffsetsIfNecessary, pause }: EachBatchPayload,
  positions: PositionCommitter,
  coordinator: StaleCoordinatorWatch,
): FetchedBatch {
  const { topic, partition, messages } = batch;
  const lastOffset = messages.at(-1)?.offset;
  return {
    records: messages.map((message) => toBusRecord(topic, partition, message)),
    pause,
    async moveTo({ offset }) {
      // After the last record, the batch may contain control records. Only `batch.lastOffset` includes their
      // offsets.
      const next = String(offset) === lastOffset ? Number(batch.lastOffset()) + 1 : offset + 1;
      try {
        await positions.keep({ topic, partition, offset: next }, commitOffsetsIfNecessary);
      } catch (err) {
        coordinator.commitFailed(err);
        throw err;
      }
      coordinator.reset();
      resolveOffset(String(next - 1));
    },
  };
}
