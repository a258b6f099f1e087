/** Other names for topics on the log: after a topic was rewritten, or because of a broker's naming rules. */
import type { Bus, Groups } from './bus.ts';

/** From our name to the name on the log. Topics that are not listed keep our name. */
export type TopicNames = Readonly<Record<string, string>>;

/** Returns the name of a topic on the log. */
export function nameIn(names: TopicNames, topic: string): string {
  return Object.hasOwn(names, topic) ? (names[topic] ?? topic) : topic;
}

/** Returns a bus that takes our topic names. The records that it returns contain the names on the log. */
export function withTopicNames<B extends Bus & Groups>(bus: B, names: TopicNames): B {
  function named(topic: string): string {
    return nameIn(names, topic);
  }
  const renamed: Bus & Groups = {
    ...bus,
    ensureTopics: (specs) => bus.ensureTopics(specs.map((spec) => ({ ...spec, name: named(spec.name) }))),
    publish: (topic, records) => bus.publish(named(topic), records),
    subscribe: (options) => bus.subscribe({ ...options, topics: options.topics.map(named) }),
    readKey: (topic, ...place) => bus.readKey(named(topic), ...place),
    progressOf: (group, topics) => bus.progressOf(group, topics.map(named)),
  };
  return { ...bus, ...renamed };
}
