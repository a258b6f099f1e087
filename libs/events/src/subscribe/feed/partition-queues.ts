/** Queues of records that were read from the feed, one queue per partition. */
import type { BusRecord, BusSubscribeOptions, PartitionSlice } from '@latchkey/bus';
import { createExponentialBackoff, sleep } from '@latchkey/process/loop';
import type { SubscriberLogger } from '../subscriber.ts';

export interface PartitionQueuesDeps {
  readonly options: Pick<BusSubscribeOptions, 'handle' | 'sliceSize'>;
  readonly logger: Pick<SubscriberLogger, 'warn'>;
  /** Aborted when no more slices may be handled. */
  readonly signal: AbortSignal;
}

export interface PartitionQueues {
  /**
   * Adds records to the queues of their partitions. Never rejects.
   * @returns true once all of these records were handled; false if the signal was aborted first
   */
  add(records: readonly BusRecord[]): Promise<boolean>;
}

const DEFAULT_SLICE_SIZE = 500;
/** The limits of the pauses between attempts to read or handle events, in ms. */
export const RETRY_PAUSE_LIMITS_MS = { least: 100, most: 1000 } as const;
const backoff = createExponentialBackoff(RETRY_PAUSE_LIMITS_MS);

/**
 * Creates queues, one per partition. The records of one partition are handled in order; different partitions
 * do not wait for each other.
 */
export function createPartitionQueues({ options, logger, signal }: PartitionQueuesDeps): PartitionQueues {
  const { handle, sliceSize = DEFAULT_SLICE_SIZE } = options;
  /**
   * For each partition, a promise that resolves when the last records in its queue are done. The value is
   * true if they were handled, and false if the signal was aborted before that.
   */
  const ends = new Map<number, Promise<boolean>>();

  async function handleAfter(
    previous: Promise<boolean> | undefined,
    records: readonly BusRecord[],
  ): Promise<boolean> {
    await previous;
    for (let at = 0; at < records.length; at += sliceSize)
      if (!(await handleSlice(records.slice(at, at + sliceSize)))) return false;
    return true;
  }

  /**
   * Passes a slice to the handler, and retries until the handler resolves. Returns false if the signal is
   * aborted before that.
   */
  async function handleSlice(records: readonly BusRecord[]): Promise<boolean> {
    const [first] = records;
    if (first === undefined) return true;
    const { topic, partition, offset } = first;
    const slice: PartitionSlice = { topic, partition, records, signal, setAside: () => undefined };
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await handle(slice);
        return true;
      } catch (err) {
        logger.warn({ err, topic, partition, offset }, 'a batch of records failed and is retried');
        await pauseAfterFailures(failures, signal);
      }
    }
    return false;
  }

  return {
    async add(records) {
      const added = [...Map.groupBy(records, ({ partition }) => partition)].map(([partition, of]) => {
        const end = handleAfter(ends.get(partition), of);
        ends.set(partition, end);
        return end;
      });
      return (await Promise.all(added)).every((isHandled) => isHandled);
    },
  };
}

/**
 * Waits before a retry. The pause grows with the number of consecutive failures, up to a second. Resolves
 * earlier if the signal is aborted.
 */
export function pauseAfterFailures(failures: number, signal: AbortSignal): Promise<void> {
  return sleep(backoff(failures - 1), signal);
}
