/** A subscription that does not depend on the kind of bus. */
import type { Bus, PartitionSlice } from '@latchkey/bus';
import type { Parked, RecordAuthenticator, RecordType, RetryOutcome } from '@latchkey/consumer';
import { catalogue, eventTypes } from '../catalogue.ts';
import { ACCOUNTS_TOPIC, type TopicName } from '../topics.ts';
import { createOrderedSliceHandler } from './handle-slice.ts';
import { createUnorderedSliceHandler } from './handle-unordered.ts';
import { type ErasedHandler, type Handlers, withErasureReceipt } from './handlers.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import { createSubscriptionRetrier } from './retry-parked.ts';
import type { SequenceStore } from './sequence-store.ts';
import type { Effect, EventSubscriber, SubscriberLogger } from './subscriber.ts';

/** The options that all subscriptions have: what to read, and how to handle it. */
export interface Interest {
  /**
   * The name of the group. The members of a group share the accounts among them. Each group gets every event.
   * A new group starts at the first event.
   */
  readonly group: string;
  readonly handlers: Handlers;
  /**
   * Erases the data that your service has about an account. Use this function instead of a handler of
   * `AccountErased`. After the function resolves, a receipt with the name of the group is published, so that
   * the operator can see that the data is erased. The event is delivered again until the function and the
   * publication of the receipt have succeeded.
   */
  readonly erased?: ErasedHandler;
  /**
   * Where the subscription stores how far each account was handled. A store belongs to one group. If you
   * replace the store with an empty one, use a new group too, because the old group would not read the
   * earlier events again. With `none`, no positions are stored: every event is handled as it arrives, even
   * duplicates, gaps are not noticed, and a record that cannot be read is skipped with a warning. Use
   * `none` for a cache that keeps, for each account, only the data of the event with the highest sequence.
   */
  readonly store: SequenceStore | 'none';
  /** The topics to read. Default: only the accounts topic. */
  readonly topics?: readonly TopicName[];
  /** Receives warnings and errors of the subscription. Default: the console. */
  readonly logger?: SubscriberLogger;
  /** Called with the type and the outcome of each record, for metrics. Must not throw. */
  observe?(type: RecordType, effect: Effect): void;
}

/** A subscription that passes events to handlers until it is stopped. */
export interface Subscription {
  /** Returns the number of records that the group has not read yet. */
  lag(): Promise<number>;
  /**
   * Returns whether every record that was on the log when the subscription began has been handled. Records
   * that arrived later do not count.
   */
  caughtUp(): Promise<boolean>;
  /** Returns whether records can currently be fetched; false while the brokers are unavailable. */
  healthy(): boolean;
  /** Returns, for each parked account, where and why it was parked. Sorted by account id. */
  listParked(): Promise<readonly Parked[]>;
  /**
   * Retries a parked account: reads the account's records again, starting with the record that parked the
   * account. Passes the account's events to the handlers in order, up to the first event that is missing. If
   * several calls for an account run at the same time, they share one retry.
   * @throws HandlerError if a handler rejects, with the handler's error as the `cause`; the account then
   * remains parked
   */
  retryParked(account: string): Promise<RetryOutcome>;
  /**
   * Stops the subscription: starts no more handlers, waits for the handlers in progress, stores the positions
   * up to which events were handled, and leaves the consumer group. Idempotent.
   */
  stop(): Promise<void>;
}

/**
 * The maximum number of records in a slice, which is a batch of records that are handled together. It is
 * small because a failed slice is read again from its beginning.
 */
const SLICE_SIZE = 100;
/**
 * If handling a slice (a batch of records) takes longer than this, in ms, the subscription counts as stuck.
 * The limit is high because handlers may be slow: at half a minute per event, a slice of 100 events takes 50
 * minutes.
 */
const SLICE_WITHIN_MS = 3_600_000;

export const consoleLogger: SubscriberLogger = {
  info: () => undefined,
  warn: (fields, message) => console.warn(message, fields),
  error: (fields, message) => console.error(message, fields),
};

/**
 * Publishes a receipt, which confirms that a consumer has erased an account. Resolves once the log has
 * acknowledged the receipt; rejects if it does not.
 */
export type ConfirmErasure = (account: string, sequence: number) => Promise<void>;

/**
 * Subscribes to topics of a bus.
 * @throws RangeError if a handler's events are on a topic that the subscription does not read, or if both
 * `erased` and a handler of `AccountErased` are given; any error of the bus
 */
export async function subscribeToBus(
  bus: Pick<Bus, 'subscribe' | 'readKey'>,
  { authenticate, confirm }: { readonly authenticate: RecordAuthenticator; readonly confirm: ConfirmErasure },
  interest: Interest,
): Promise<Subscription> {
  const { group, store, topics = [ACCOUNTS_TOPIC], logger = consoleLogger } = interest;
  const handlers = withErasureReceipt(interest, confirm);
  assertSubscribed(handlers, topics);
  const stopping = new AbortController();
  const observe: Interest['observe'] = (type, effect) => interest.observe?.(type, effect);
  const mutex = createKeyedMutex();
  const shared = { bus, handlers, authenticate, logger, observe, mutex };
  const { handle, listParked, retry } = reader({ ...shared, stopped: stopping.signal }, store);
  const retries = new Map<string, Promise<RetryOutcome>>();
  let stopped: Promise<void> | undefined;

  const reading = await bus.subscribe({
    topics,
    group,
    handle,
    sliceSize: SLICE_SIZE,
    handleWithinMs: SLICE_WITHIN_MS,
  });

  async function stop(): Promise<void> {
    stopping.abort();
    await reading.close();
    await Promise.allSettled(retries.values());
  }

  function startRetry(account: string): Promise<RetryOutcome> {
    const started = retry(account).finally(() => retries.delete(account));
    retries.set(account, started);
    return started;
  }

  return {
    lag: reading.lag,
    caughtUp: reading.caughtUp,
    healthy: reading.healthy,
    listParked,
    retryParked: (account) => retries.get(account) ?? startRetry(account),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

interface Reader extends Pick<Subscription, 'listParked'> {
  readonly handle: (slice: PartitionSlice) => Promise<void>;
  retry(account: string): Promise<RetryOutcome>;
}

function reader(subscriber: Omit<EventSubscriber, 'store'>, store: Interest['store']): Reader {
  if (store === 'none')
    return {
      handle: createUnorderedSliceHandler(subscriber),
      listParked: async () => [],
      retry: async () => ({ result: 'not parked', sequence: 0 }),
    };
  return {
    handle: createOrderedSliceHandler({ ...subscriber, store }),
    listParked: () => store.listParked(),
    retry: createSubscriptionRetrier({ ...subscriber, store }).retry,
  };
}

function assertSubscribed(handlers: Handlers, topics: readonly TopicName[]): void {
  const unread = eventTypes.filter((type) => handlers[type] && !topics.includes(catalogue[type].topic));
  if (unread.length > 0)
    throw new RangeError(`${unread.join(', ')}: the topic of these events is not among \`topics\`.`);
}
