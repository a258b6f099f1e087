import { type FeedOptions, subscribeToFeed } from './feed/subscribe-to-feed.ts';
import type { KafkaOptions } from './kafka.ts';
import type { Subscription } from './subscription.ts';

/** With `brokers` the events are read from Kafka, with `url` from the feed. */
export type SubscribeOptions = KafkaOptions | FeedOptions;

/**
 * Passes the events of accounts to their handlers: at least once, in order per account, and only once as far as the
 * store remembers. Waits while Kafka or the feed cannot be reached. On Kafka it resolves once the group has been joined,
 * and requires the rights to read the topics and to be a member of the group, and no others. The feed requires an API
 * key with the scope `events`.
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
  if ('url' in options) return subscribeToFeed(options);
  const { subscribeOnKafka } = await import('./kafka.ts');
  return subscribeOnKafka(options);
}
