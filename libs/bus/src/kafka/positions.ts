import type { EachBatchPayload } from 'kafkajs';

type Commit = EachBatchPayload['commitOffsetsIfNecessary'];

export interface Position {
  readonly topic: string;
  readonly partition: number;
  /** The record that the group reads next. */
  readonly offset: number;
}

export interface Positions {
  /** Resolves once the group keeps the position. The commit is that of the fetch that led to it. @throws Error if that is not known */
  keep(position: Position, commit: Commit): Promise<void>;
}

interface Waiting {
  readonly position: Position;
  readonly commit: Commit;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Positions on their way to the group: one request at a time, with all that came up meanwhile. Partitions that
 * commit each for itself make a dozen requests of one, and a dozen attempts to connect while a broker is away.
 */
export function createPositions(): Positions {
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

function byTopic(positions: readonly Position[]) {
  return Array.from(
    Map.groupBy(positions, ({ topic }) => topic),
    ([topic, of]) => ({
      topic,
      partitions: of.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
    }),
  );
}
