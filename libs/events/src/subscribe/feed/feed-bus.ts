/** Makes the feed usable as a bus. All partitions belong to this process. */
import type { Bus, BusSubscribeOptions, BusSubscription } from '@latchkey/bus';
import { retry } from '@latchkey/process/loop';
import { messageOf } from '../failures.ts';
import type { SubscriberLogger } from '../subscriber.ts';
import type { CursorStore } from './cursor-store.ts';
import {
  type FeedConnection,
  FeedCursorError,
  type FeedPage,
  type FeedPageQuery,
  FeedRefusedError,
  fetchFeedPage,
} from './feed-client.ts';
import { createPartitionQueues, pauseAfterFailures, RETRY_PAUSE_LIMITS_MS } from './partition-queues.ts';
import { convertFeedEventToRecord } from './to-record.ts';

export interface FeedBusDeps extends FeedConnection {
  readonly cursor: CursorStore;
  /** The types of events that have a handler, which are the only events to read. */
  readonly types: readonly string[];
  readonly logger: Pick<SubscriberLogger, 'warn'>;
  /** Called when no more events can be read, and retrying would not help. */
  onFatal(reason: Error): void;
  /** When aborted, ends the wait for a feed that is unreachable at startup. */
  readonly signal?: AbortSignal | undefined;
}

const PAGE = 500;
const WAIT_SECONDS = 25;
/**
 * How many events may be read beyond the stored cursor. While a handler rejects an event of one partition,
 * the stored cursor cannot move, but the other partitions are still read. The limit bounds the memory, and
 * the number of events that are delivered again after a restart.
 */
const MOST_AHEAD = 5000;

export type FeedBus = Pick<Bus, 'subscribe' | 'readKey'>;

/**
 * Creates a bus that reads the accounts topic from the feed. `subscribe` waits while the feed is unreachable.
 * @throws FeedRefusedError from `subscribe` and `readKey` if Latchkey refuses the API key or the request
 */
export function createFeedBus(deps: FeedBusDeps): FeedBus {
  const { types } = deps;
  return {
    async subscribe(options) {
      const first = await firstPage(deps);
      return follow(deps, options, first);
    },

    // Read all events of the account from the first one, because an offset cannot be converted to a cursor.
    async *readKey(_topic, partition, key, fromOffset, toOffset = Number.POSITIVE_INFINITY) {
      const never = new AbortController().signal;
      let [after, behind]: [string | undefined, number] = [undefined, 1];
      while (behind > 0) {
        const page = await fetchFeedPage(deps, { after, limit: PAGE, types, account: key }, never);
        [after, behind] = [page.cursor, page.behind];
        for (const record of page.events.map(convertFeedEventToRecord))
          if (record.partition === partition && record.offset >= fromOffset && record.offset < toOffset)
            yield record;
      }
    },
  };
}

/**
 * Reads the page at the stored cursor. Waits while the feed is unreachable.
 * @throws FeedRefusedError; if the signal is aborted, its reason
 */
async function firstPage(deps: FeedBusDeps): Promise<FeedPage> {
  const { cursor, logger, signal = new AbortController().signal } = deps;
  signal.throwIfAborted();
  return retry(
    {
      ...RETRY_PAUSE_LIMITS_MS,
      signal,
      when: (error) => !(error instanceof FeedRefusedError),
      onFailure(error) {
        signal.throwIfAborted();
        logger.warn({ cause: messageOf(error) }, 'the feed cannot be reached; trying again');
      },
    },
    async () => readPage(deps, { after: await cursor.load() }, signal),
  );
}

/**
 * Reads the page after a cursor. If the feed cannot use the cursor, reads the first page.
 * @throws the errors of `fetchFeedPage`
 */
async function readPage(
  deps: FeedBusDeps,
  place: Pick<FeedPageQuery, 'after' | 'wait'>,
  signal: AbortSignal,
): Promise<FeedPage> {
  const query = { ...place, limit: PAGE, types: deps.types };
  try {
    return await fetchFeedPage(deps, query, signal);
  } catch (error) {
    if (!(error instanceof FeedCursorError)) throw error;
    deps.logger.warn(
      { cause: error.message },
      'the feed does not accept the cursor; reading starts at the first event',
    );
    return fetchFeedPage(deps, { ...query, after: undefined }, signal);
  }
}

function follow(deps: FeedBusDeps, options: BusSubscribeOptions, first: FeedPage): BusSubscription {
  const { cursor: cursors, logger } = deps;
  const leaving = new AbortController();
  const { signal } = leaving;
  const queues = createPartitionQueues({ options, logger, signal });
  let after: string | undefined;
  let isHealthy = true;
  /**
   * Whether a page has reached the end of the log. From then on, a request asks the server to wait for new
   * events before it responds.
   */
  let hasReachedEnd = false;
  let hasCaughtUp = false;
  /** How many events were read in advance of the stored cursor. */
  let ahead = 0;
  /**
   * Resolves when every event of the pages that were read so far was handled or abandoned. The value is
   * true if all of them were handled, and false if the subscription stopped before that.
   */
  let handled = Promise.resolve(true);
  /** Resolves when the next page has been handled. */
  let progress = Promise.withResolvers<void>();
  const reading = read();

  async function read(): Promise<void> {
    take(first);
    for (let failures = 0; !signal.aborted; ) {
      try {
        take(await readPage(deps, { after, wait: hasReachedEnd ? WAIT_SECONDS : 0 }, signal));
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        isHealthy = false;
        if (error instanceof FeedRefusedError) return deps.onFatal(error);
        logger.warn({ err: error }, 'events could not be read; trying again');
        failures += 1;
        await pauseAfterFailures(failures, signal);
      }
      while (ahead >= MOST_AHEAD && !signal.aborted) await progress.promise;
    }
  }

  function take(page: FeedPage): void {
    const { events, cursor, behind } = page;
    isHealthy = true;
    hasReachedEnd ||= behind === 0 || events.length === 0;
    if (cursor === after) return;
    after = cursor;
    ahead += events.length;
    handled = finish(handled, queues.add(events.map(convertFeedEventToRecord)), page);
  }

  /**
   * Waits until the events of a page and of all earlier pages are handled, and then stores the cursor after
   * the page.
   */
  async function finish(earlier: Promise<boolean>, own: Promise<boolean>, page: FeedPage): Promise<boolean> {
    const {
      events: { length },
      cursor,
      behind,
    } = page;
    const [areEarlierHandled, isHandled] = await Promise.all([earlier, own]);
    if (!areEarlierHandled || !isHandled) return false;
    if (behind === 0) hasCaughtUp = true;
    await cursors
      .save(cursor)
      .catch((err: unknown) => logger.warn({ err }, 'the cursor could not be stored'));
    ahead -= length;
    progress.resolve();
    progress = Promise.withResolvers();
    return true;
  }

  return {
    async lag() {
      const { events, behind } = await fetchFeedPage(deps, { after, limit: 1 }, new AbortController().signal);
      return ahead + behind + events.length;
    },
    caughtUp: async () => hasCaughtUp,
    healthy: () => isHealthy && !signal.aborted,
    faults: () => [],
    async close() {
      leaving.abort();
      progress.resolve();
      await reading;
      await handled;
    },
  };
}
