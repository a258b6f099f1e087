import { type FeedOptions, subscribeToFeed } from './feed/subscribe-to-feed.ts';
import type { KafkaOptions } from './kafka.ts';
import type { Subscription } from './subscription.ts';

/** The options of `subscribe`. With `brokers`, it reads events from Kafka; with `url`, from the feed. */
export type SubscribeOptions = KafkaOptions | FeedOptions;

/**
 * Passes the events of accounts to handlers: at least once, and in order per account. Skips events whose
 * position is already in the store. While Kafka or the feed is unavailable, this call waits. On Kafka, it
 * resolves once it has joined the group; the Kafka user needs only the rights to read the topics and to join
 * the group. The feed requires an API key with the scope `events`.
 * @throws Error that names the faulty topics, credentials or rights; if the signal is aborted, its reason
 * @example
 * const subscription = await subscribe({
 *   brokers: ['localhost:19092'],
 *   group: 'greeter',
 *   store: memoryStore(),
 *   keys: 'http://localhost:8080/.well-known/jwks.json',
 *   handlers: { UserRegistered: ({ data }, { account }) => console.log(`${account} signed up: ${data.locale}`) },
 * });
 */
export async function subscribe(options: SubscribeOptions): Promise<Subscription> {
  if ('url' in options) return subscribeToFeed(options);
  const { subscribeOnKafka } = await import('./kafka.ts');
  return subscribeOnKafka(options);
}
