/** Subscribes on Kafka. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, type TopicNames, withTopicNames } from '@latchkey/bus';
import { createKafkaBus, type KafkaConnection, KafkaUnavailableError } from '@latchkey/bus/kafka';
import { StoppedError, type SubscriberLogger } from './subscriber.ts';
import { consoleLogger, type Interest, openSubscription, type Subscription } from './subscription.ts';

export interface SubscribeOptions extends Interest {
  /** `host:port` of some of the brokers. */
  readonly brokers: readonly string[];
  /** Topics that have another name on the brokers, such as `{ 'accounts.events.v1': 'accounts.events.v2' }`. */
  readonly topicNames?: TopicNames;
  /** Names this process in the logs of the brokers. Default: the group. */
  readonly clientId?: string;
  readonly ssl?: KafkaConnection['ssl'];
  readonly sasl?: KafkaConnection['sasl'];
  /**
   * Replaces kafkajs's O(n²) header decoder for every kafkajs client in this process. Without it one record with
   * thousands of headers, from anyone who may write to the topic, blocks the event loop. Default: false.
   */
  readonly patchKafkajs?: boolean;
  /**
   * Called when events can no longer be read and the process should exit; never for a transient outage. Default:
   * throws, which ends a process unless it catches everything.
   */
  onFatal?(reason: Error): void;
  /** Stops waiting for brokers that are unavailable at the start. */
  readonly signal?: AbortSignal;
}

const RETRY_AFTER_MS = 1000;

/**
 * Passes the events of accounts to their handlers: at least once, in order per account, and only once as far as the
 * store remembers. Resolves once the group has been joined, and waits while no broker can be reached. Requires the
 * rights to read the topics and to be a member of the group, and no others.
 * @throws Error that names the faulty topics, credentials or rights; the signal's reason if it is aborted
 * @example
 * const subscription = await subscribe({
 *   brokers: ['localhost:19092'],
 *   group: 'greeter',
 *   store: memoryStore(),
 *   handlers: { UserRegistered: ({ data }, { account }) => console.log(`${account} signed up: ${data.locale}`) },
 * });
 */
export async function subscribe(options: SubscribeOptions): Promise<Subscription> {
  const { brokers, group, clientId = group, ssl, sasl, patchKafkajs = false } = options;
  const { logger = consoleLogger, onFatal = end } = options;
  const kafka = createKafkaBus({
    brokers,
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    patchKafkajs,
    logger: ignoringStops(logger),
    onFatal,
  });
  const bus = withTopicNames(kafka, options.topicNames ?? {});
  try {
    const subscription = await whenReachable(bus, { ...options, logger });
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

async function whenReachable(bus: Bus, options: SubscribeOptions & { readonly logger: SubscriberLogger }) {
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return await openSubscription(bus, options);
    } catch (error) {
      if (!(error instanceof KafkaUnavailableError)) throw error;
      options.logger.warn({ cause: error.message }, 'no broker can be reached; trying again');
      await sleep(RETRY_AFTER_MS, undefined, { signal: options.signal }).catch(() => undefined);
    }
  }
}

/** A slice that is abandoned because the subscription stops is not a failure. */
function ignoringStops(logger: SubscriberLogger): Pick<SubscriberLogger, 'warn'> {
  return {
    warn(fields, message) {
      if (!('err' in fields && fields.err instanceof StoppedError)) logger.warn(fields, message);
    },
  };
}

function end(reason: Error): void {
  queueMicrotask(() => {
    throw reason;
  });
}
