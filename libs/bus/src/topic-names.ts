/** Topics under other names than ours: where one was written anew, or a broker's rules ask for it. */
import type { Bus, Groups } from './bus.ts';

/** By our names; what is not in it keeps its own. */
export type TopicNames = Readonly<Record<string, string>>;

/** What a topic is called on the log. */
export function nameIn(names: TopicNames, topic: string): string {
  return Object.hasOwn(names, topic) ? (names[topic] ?? topic) : topic;
}

/** The bus, asked for topics by our names. The records that it hands over tell the names that they really have. */
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
