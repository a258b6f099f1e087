/** A subscription on any bus. */
import type { Bus } from '@latchkey/bus';
import { catalogue, eventTypes } from '../catalogue.ts';
import { ACCOUNTS_TOPIC, type TopicName } from '../topics.ts';
import { createSliceHandler } from './handle-slice.ts';
import type { Handlers } from './handlers.ts';
import type { Effect, SeenType, SubscriberLogger } from './reader.ts';
import { createRetryParked, type RetryOutcome } from './retry-parked.ts';
import type { Parked, SequenceStore } from './sequence-store.ts';
import { createTurns } from './turns.ts';

/** What is subscribed to, and what to do about it. */
export interface Interest {
  /** Members of one group share the accounts; each group gets every event. A new one starts at the beginning. */
  readonly group: string;
  readonly handlers: Handlers;
  /** Belongs to the group: a new store needs a new group, or accounts would seem to begin in the middle. */
  readonly store: SequenceStore;
  /** Default: the topic of accounts alone. */
  readonly topics?: readonly TopicName[];
  /** Default: warnings and errors to the console. */
  readonly logger?: SubscriberLogger;
  /** Told what became of each record: for counters. It must not throw. */
  observe?(type: SeenType, effect: Effect): void;
}

export interface Subscription {
  /** Records that the group has not read yet. */
  lag(): Promise<number>;
  /** Whether records can be fetched at present; false while the brokers are away. */
  healthy(): boolean;
  /** Accounts that stand still, by id. */
  listParked(): Promise<readonly Parked[]>;
  /**
   * Lets a parked account go on, if it can: hands its records to the handlers again from the one that parked it.
   * Who asks again while that runs gets the same outcome.
   * @throws whatever a handler rejects with, as the `cause` of a HandlerError; the account stays parked
   */
  retryParked(account: string): Promise<RetryOutcome>;
  /** Begins nothing new, waits for the handlers that run, keeps positions, leaves the group. Idempotent. */
  stop(): Promise<void>;
}

/** Small, as a slice that fails is read again from its beginning. */
const SLICE_SIZE = 100;
/** Handlers may be slow: not even half a minute each makes an hour of a slice. What takes longer hangs. */
const SLICE_WITHIN_MS = 3_600_000;

export const consoleLogger: SubscriberLogger = {
  info: () => undefined,
  warn: (fields, message) => console.warn(message, fields),
  error: (fields, message) => console.error(message, fields),
};

/** @throws RangeError if there is a handler for events of a topic that is not read; otherwise as the bus does */
export async function openSubscription(bus: Bus, interest: Interest): Promise<Subscription> {
  const { group, handlers, store, topics = [ACCOUNTS_TOPIC], logger = consoleLogger } = interest;
  refuseUnread(handlers, topics);
  const stopping = new AbortController();
  const observe: Interest['observe'] = (type, effect) => interest.observe?.(type, effect);
  const deps = { bus, handlers, store, logger, observe, turns: createTurns(), stopped: stopping.signal };
  const retry = createRetryParked(deps);
  const retries = new Map<string, Promise<RetryOutcome>>();
  let stopped: Promise<void> | undefined;

  const reading = await bus.subscribe({
    topics,
    group,
    handle: createSliceHandler(deps),
    sliceSize: SLICE_SIZE,
    handleWithinMs: SLICE_WITHIN_MS,
  });

  async function stop(): Promise<void> {
    stopping.abort();
    await reading.close();
    await Promise.allSettled(retries.values());
  }

  function beginRetry(account: string): Promise<RetryOutcome> {
    const begun = retry(account).finally(() => retries.delete(account));
    retries.set(account, begun);
    return begun;
  }

  return {
    lag: reading.lag,
    healthy: reading.healthy,
    listParked: () => store.listParked(),
    retryParked: (account) => retries.get(account) ?? beginRetry(account),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

function refuseUnread(handlers: Handlers, topics: readonly TopicName[]): void {
  const unread = eventTypes.filter((type) => handlers[type] && !topics.includes(catalogue[type].topic));
  if (unread.length > 0)
    throw new RangeError(`${unread.join(', ')}: the topic of these events is not among \`topics\`.`);
}
