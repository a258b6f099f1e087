/** Gives a test its own topics and groups on Kafka, so that it sees no records of other tests. */
import { randomBytes } from 'node:crypto';
import type { Bus, BusSubscription } from '@latchkey/bus';

export interface IsolatedTopics {
  readonly bus: Bus;
  /** Returns a TOPIC_NAMES setting that maps the topics to names that only this test uses. */
  names(topics: readonly string[]): string;
  /** Returns how many records the subscriptions have not read yet, in total. */
  lag(): Promise<number>;
}

export function createIsolatedTopics(bus: Bus): IsolatedTopics {
  const suffix = `.${randomBytes(4).toString('hex')}`;
  function own(name: string): string {
    return `${name}${suffix}`;
  }
  const subscriptions: BusSubscription[] = [];
  return {
    names: (topics) => topics.map((topic) => `${topic}=${own(topic)}`).join(','),
    bus: {
      ...bus,
      ensureTopics: (specs) => bus.ensureTopics(specs.map((spec) => ({ ...spec, name: own(spec.name) }))),
      publish: (topic, records) => bus.publish(own(topic), records),
      tail: (topic) => bus.tail(own(topic)),
      async subscribe(options) {
        const subscription = await bus.subscribe({
          ...options,
          topics: options.topics.map(own),
          group: own(options.group),
        });
        subscriptions.push(subscription);
        return subscription;
      },
    },
    async lag() {
      const lags = await Promise.all(subscriptions.map((subscription) => subscription.lag()));
      return lags.reduce((sum, lag) => sum + lag, 0);
    },
  };
}
