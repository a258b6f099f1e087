import type { EachBatchPayload } from 'kafkajs';

type Commit = EachBatchPayload['commitOffsetsIfNecessary'];

export interface CommittedPosition {
  readonly topic: string;
  readonly partition: number;
  /** The offset of the record that the group reads next. */
  readonly offset: number;
}

export interface PositionCommitter {
  /**
   * Stores a position of the group. Resolves once the position is stored.
   * @param commit commits offsets on the connection of the fetch that returned the last handled record
   * @throws Error if the position may not have been stored
   */
  keep(position: CommittedPosition, commit: Commit): Promise<void>;
}

interface Waiting {
  readonly position: CommittedPosition;
  readonly commit: Commit;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits positions, one request at a time. A request contains all positions that were passed to `keep`
 * during the previous request. Otherwise, a consumer of a dozen partitions would send a dozen requests at a
 * time and, while a broker is down, try to connect a dozen times.
 */
export function createPositionCommitter(): PositionCommitter {
  let waiting: Waiting[] = [];
  let sending = false;

  async function send(): Promise<void> {
    sending = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await batch.at(-1)?.commit({ topics: byTopic(batch.map(({ position }) => position)) });
        for (const { resolve } of batch) resolve();
      } catch (err) {
        for (const { reject } of batch) reject(err);
      }
    }
    sending = false;
  }

  return {
    keep(position, commit) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({ position, commit, resolve, reject });
      if (!sending) void send();
      return promise;
    },
  };
}

function byTopic(positions: readonly CommittedPosition[]) {
  return Array.from(
    Map.groupBy(positions, ({ topic }) => topic),
    ([topic, of]) => ({
      topic,
      partitions: of.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
    }),
  );
}
