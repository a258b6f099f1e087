/** Presents the feed as a bus, to which one process can subscribe. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus, BusRecord, PartitionSlice, SubscribeOptions, Subscription } from '@latchkey/bus';
import type { SubscriberLogger } from '../subscriber.ts';
import type { CursorStore } from './cursor-store.ts';
import { type FeedConnection, FeedRefusedError, fetchFeedPage } from './feed-client.ts';
import { toRecord } from './to-record.ts';

export interface FeedBusDeps extends FeedConnection {
  readonly cursor: CursorStore;
  /** The event types that have a handler. */
  readonly types: readonly string[];
  readonly logger: Pick<SubscriberLogger, 'warn'>;
  /** Called when events can no longer be read, and waiting would not help. */
  onFatal(reason: Error): void;
  /** Stops waiting for a feed that cannot be reached at the start. */
  readonly signal?: AbortSignal | undefined;
}

const PAGE = 500;
const WAIT_SECONDS = 25;
const LONGEST_PAUSE_MS = 1000;
const FIRST_PAUSE_MS = 50;

export type FeedBus = Pick<Bus, 'subscribe' | 'readKey'>;

export function createFeedBus(deps: FeedBusDeps): FeedBus {
  const { types } = deps;
  return {
    async subscribe(options) {
      const first = await firstCursor(deps);
      return follow(deps, options, first);
    },

    // Offsets cannot be converted to cursors, so all events of the account are read, from the first one.
    async *readKey(_topic, partition, key, fromOffset, toOffset = Number.POSITIVE_INFINITY) {
      const never = new AbortController().signal;
      let [after, behind]: [string | undefined, number] = [undefined, 1];
      while (behind > 0) {
        const page = await fetchFeedPage(deps, { after, limit: PAGE, types, account: key }, never);
        [after, behind] = [page.cursor, page.behind];
        for (const record of page.events.map(toRecord))
          if (record.partition === partition && record.offset >= fromOffset && record.offset < toOffset)
            yield record;
      }
    },
  };
}

/**
 * Returns the position to begin at, once the feed has accepted the API key.
 * @throws FeedRefusedError; the reason of the signal
 */
async function firstCursor(deps: FeedBusDeps): Promise<string | undefined> {
  const { cursor, logger, signal = new AbortController().signal } = deps;
  for (;;) {
    signal.throwIfAborted();
    try {
      const stored = await cursor.load();
      await fetchFeedPage(deps, { after: stored, limit: 1 }, signal);
      return stored;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof FeedRefusedError) throw error;
      logger.warn({ cause: messageOf(error) }, 'the feed cannot be reached; trying again');
      await sleep(LONGEST_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

function follow(deps: FeedBusDeps, options: SubscribeOptions, first: string | undefined): Subscription {
  const leaving = new AbortController();
  const { signal } = leaving;
  let after = first;
  let isHealthy = true;
  /** The number of successive failures. */
  let failures = 0;
  const reading = read();

  async function read(): Promise<void> {
    while (!signal.aborted) {
      try {
        await readOnce();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        isHealthy = false;
        if (error instanceof FeedRefusedError) return deps.onFatal(error);
        deps.logger.warn({ err: error }, 'events could not be read or handled; trying again');
        failures += 1;
        await pause(failures, signal);
      }
    }
  }

  async function readOnce(): Promise<void> {
    const page = await fetchFeedPage(
      deps,
      { after, limit: PAGE, wait: WAIT_SECONDS, types: deps.types },
      signal,
    );
    isHealthy = true;
    await handleAll(options, page.events.map(toRecord), deps.logger, signal);
    if (signal.aborted || page.cursor === after) return;
    after = page.cursor;
    await deps.cursor.save(page.cursor);
  }

  return {
    async lag() {
      const { events, behind } = await fetchFeedPage(deps, { after, limit: 1 }, new AbortController().signal);
      return behind + events.length;
    },
    healthy: () => isHealthy && !signal.aborted,
    faults: () => [],
    async close() {
      leaving.abort();
      await reading;
    },
  };
}

async function pause(failures: number, signal: AbortSignal): Promise<void> {
  const ms = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10));
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/**
 * Handles the records of a page: partitions concurrently, and the slices of one partition in order. Resolves once all
 * slices were handled.
 */
async function handleAll(
  options: SubscribeOptions,
  records: readonly BusRecord[],
  logger: FeedBusDeps['logger'],
  signal: AbortSignal,
): Promise<void> {
  const partitions = [...Map.groupBy(records, ({ partition }) => partition).values()];
  await Promise.all(
    partitions.map(async (ofPartition) => {
      const { sliceSize = PAGE } = options;
      for (let at = 0; at < ofPartition.length && !signal.aborted; at += sliceSize)
        await handleSlice(options, ofPartition.slice(at, at + sliceSize), logger, signal);
    }),
  );
}

/** Passes a slice to the handler, again and again until the handler resolves. */
async function handleSlice(
  { handle }: SubscribeOptions,
  records: readonly BusRecord[],
  logger: FeedBusDeps['logger'],
  signal: AbortSignal,
): Promise<void> {
  const [first] = records;
  if (first === undefined) return;
  const { topic, partition } = first;
  const slice: PartitionSlice = { topic, partition, records, signal, setAside: () => undefined };
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      return await handle(slice);
    } catch (err) {
      logger.warn({ err, topic, partition, offset: first.offset }, 'A slice failed; it is delivered again.');
      await pause(failures, signal);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
