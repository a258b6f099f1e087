/**
 * Subscribes on Kafka. This module is only loaded when it is needed, because kafkajs is an optional
 * dependency.
 */
import {
  type Bus,
  type KafkaConnection,
  type TopicNamesOnLog,
  topicNameOnLog,
  withTopicNames,
} from '@latchkey/bus';
import { createKafkaBus, KafkaUnavailableError } from '@latchkey/bus/kafka';
import {
  createFixedEventKeySource,
  createRecordAuthenticator,
  createRemoteEventKeySource,
  type RecordAuthenticator,
  type RecordAuthenticatorOptions,
} from '@latchkey/consumer';
import { retry } from '@latchkey/process/loop';
import { encodeReceipt, isConsumerName } from '../receipts.ts';
import { ACCOUNTS_TOPIC, DELIVERIES_TOPIC, RECEIPTS_TOPIC } from '../topics.ts';
import { loggerWithoutStopWarnings, messageOf, throwUncaughtException } from './failures.ts';
import type { SubscriberLogger } from './subscriber.ts';
import { consoleLogger, type Interest, type Subscription, subscribeToBus } from './subscription.ts';

/** The options of a call of `subscribe` that reads the events from Kafka. */
export interface KafkaOptions extends Interest {
  /** The `host:port` of one or more brokers of the Kafka cluster. */
  readonly brokers: readonly string[];
  /**
   * The keys with which auth signs events: the URL of its JWKS, such as
   * `http://localhost:8080/.well-known/jwks.json`, or the JWKS itself. While the keys cannot be fetched, no
   * event is handled.
   */
  readonly keys: string | { readonly keys: readonly object[] };
  /**
   * How to treat records that auth has not published. `require`: such records are skipped. `warn`: such
   * records are handled like all others. With both values, they are reported to `logger` and `observe`.
   * Default: `require`.
   */
  readonly signatures?: 'require' | 'warn';
  /**
   * The names of topics that have a different name on the brokers, for example `{ 'accounts.events.v1':
   * 'accounts.events.v2' }`.
   */
  readonly topicNames?: TopicNamesOnLog;
  /** The name of this process in the brokers' logs. Default: the group. */
  readonly clientId?: string;
  readonly ssl?: KafkaConnection['ssl'];
  readonly sasl?: KafkaConnection['sasl'];
  /**
   * Whether to replace kafkajs's header decoder, which takes O(n²) time, for every kafkajs client in this
   * process. Without the replacement, anyone who may write to the topic can block the event loop with a
   * record that has thousands of headers. Default: false.
   */
  readonly patchKafkajs?: boolean;
  /**
   * Called when no more events can be read, so that the process should exit. Not called for transient
   * outages. Default: throws an uncaught exception, which ends the process unless the process handles
   * uncaught exceptions.
   */
  onFatal?(reason: Error): void;
  /** When aborted, ends the wait for brokers that are unavailable at startup. */
  readonly signal?: AbortSignal;
}

const RETRY_AFTER_MS = 1000;

/**
 * Subscribes on Kafka.
 * @throws Error that names the faulty topics, credentials or rights; RangeError if the group cannot confirm
 * erasures; if the signal is aborted, its reason
 */
export async function subscribeOnKafka(options: KafkaOptions): Promise<Subscription> {
  const { brokers, group, clientId = group, ssl, sasl, patchKafkajs = false } = options;
  const { logger = consoleLogger, onFatal = throwUncaughtException } = options;
  if (options.erased !== undefined && !isConsumerName(group))
    throw new RangeError(
      '`erased`: the name of the group is on its receipts, and must have up to 63 letters, digits, dots, underscores and hyphens.',
    );
  const verification = verificationFor(options);
  const kafka = createKafkaBus({
    brokers,
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    patchKafkajs,
    logger: loggerWithoutStopWarnings(logger),
    onFatal,
  });
  const bus = withTopicNames(kafka, options.topicNames ?? {});
  const authenticate = createRecordAuthenticator({ ...verification, ahead: { log: bus } });
  try {
    const subscription = await whenReachable(bus, authenticate, { ...options, logger });
    return {
      ...subscription,
      async stop() {
        await subscription.stop();
        await bus.close();
      },
    };
  } catch (error) {
    await bus.close();
    throw error;
  }
}

/**
 * Returns the options of the function that verifies records.
 * @throws TypeError if the option `keys` is missing
 */
function verificationFor(options: KafkaOptions): RecordAuthenticatorOptions {
  const { keys, signatures = 'require', topics = [ACCOUNTS_TOPIC], topicNames = {} } = options;
  if (keys === undefined)
    throw new TypeError(
      'subscribe needs `keys`: the URL of the JWKS of auth, such as https://id.example.com/.well-known/jwks.json.',
    );
  return {
    keys: typeof keys === 'string' ? createRemoteEventKeySource(keys) : createFixedEventKeySource(keys),
    policy: signatures,
    topics,
    // Accept unsigned records on the topic of deliveries, because the notifier publishes this topic and does
    // not sign its events.
    unsigned: topics.includes(DELIVERIES_TOPIC) ? [topicNameOnLog(topicNames, DELIVERIES_TOPIC)] : [],
  };
}

/** Opens the subscription. Retries while no broker can be reached. */
async function whenReachable(
  bus: Bus,
  authenticate: RecordAuthenticator,
  options: KafkaOptions & { readonly logger: SubscriberLogger },
): Promise<Subscription> {
  const { group, logger, signal } = options;
  async function confirm(userId: string, sequence: number): Promise<void> {
    const confirmedAt = new Date().toISOString();
    const receipt = encodeReceipt({ userId, consumer: group, sequence, confirmedAt });
    await bus.publish(RECEIPTS_TOPIC, [receipt]);
  }
  signal?.throwIfAborted();
  return retry(
    {
      least: RETRY_AFTER_MS,
      most: RETRY_AFTER_MS,
      when: (error) => error instanceof KafkaUnavailableError,
      onFailure: (error) =>
        logger.warn({ cause: messageOf(error) }, 'no broker can be reached; trying again'),
      ...(signal && { signal }),
    },
    () => subscribeToBus(bus, { authenticate, confirm }, options),
  );
}
