import { type FeedOptions, subscribeToFeed } from './feed/subscribe-to-feed.ts';
import type { KafkaOptions } from './kafka.ts';
import type { Subscription } from './subscription.ts';

/** Options with `brokers` read the events from Kafka, options with `url` from the feed. */
export type SubscribeOptions = KafkaOptions | FeedOptions;

/**
 * Passes account events to their handlers: at least once, and in order per account. Events whose position is already
 * in the store are not handled again. While Kafka or the feed is unavailable, this call waits. On Kafka, it resolves
 * once it has joined the group; the Kafka user only needs the rights to read the topics and to join the group. The feed requires an
 * API key with the scope `events`.
 * @throws Error that names the faulty topics, credentials or rights; the signal's reason if it is aborted
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
