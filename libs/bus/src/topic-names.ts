/**
 * Maps topics and groups to different names on the log, for example because a topic was rewritten or the
 * broker has naming rules.
 */
import type { Bus, ConsumerGroups } from './bus.ts';

/**
 * Maps Latchkey's topic names to the names on the log. Topics that are not listed have the same name on the
 * log.
 */
export type TopicNamesOnLog = Readonly<Record<string, string>>;

/**
 * Returns the name that a topic has on the log.
 * @param topic Latchkey's own name of the topic
 */
export function topicNameOnLog(namesOnLog: TopicNamesOnLog, topic: string): string {
  return Object.hasOwn(namesOnLog, topic) ? (namesOnLog[topic] ?? topic) : topic;
}

/** How groups are named on a broker that other systems use as well. */
export interface GroupNamingRules {
  /** The prefix of each name; may be empty. */
  readonly prefix: string;
  readonly topics: TopicNamesOnLog;
}

/**
 * Returns the name of a group on the log (ADR 28). The name contains the names of renamed topics. So while
 * TOPIC_NAMES is being changed, members that read the old topics and members that read the new ones are in
 * different groups.
 * @param topics Latchkey's names of the topics that the group reads
 */
export function groupNameOnLog(
  { prefix, topics: names }: GroupNamingRules,
  group: string,
  topics: readonly string[],
): string {
  const renamed = topics
    .map((topic) => topicNameOnLog(names, topic))
    .filter((name, index) => name !== topics[index]);
  return `${prefix}${[group, ...renamed].join('.')}`;
}

/**
 * Returns a bus whose methods take Latchkey's topic names. The records that it returns contain the names on
 * the log.
 */
export function withTopicNames<B extends Bus & ConsumerGroups>(bus: B, namesOnLog: TopicNamesOnLog): B {
  function named(topic: string): string {
    return topicNameOnLog(namesOnLog, topic);
  }
  const renamed: Bus & ConsumerGroups = {
    ...bus,
    ensureTopics: (specs) => bus.ensureTopics(specs.map((spec) => ({ ...spec, name: named(spec.name) }))),
    publish: (topic, records) => bus.publish(named(topic), records),
    subscribe: (options) => bus.subscribe({ ...options, topics: options.topics.map(named) }),
    readKey: (topic, ...place) => bus.readKey(named(topic), ...place),
    tail: (topic) => bus.tail(named(topic)),
    ...(bus.replaceRecordsOf && {
      replaceRecordsOf: async (keys, change, { unsearched = [] } = {}) =>
        bus.replaceRecordsOf?.(keys, change, { unsearched: unsearched.map(named) }),
    }),
    ...(bus.isCompacted && {
      isCompacted: async (topic: string) => bus.isCompacted?.(named(topic)) ?? false,
    }),
    progressOf: (group, topics) => bus.progressOf(group, topics.map(named)),
    deleteGroup: (group, topics) => bus.deleteGroup(group, topics.map(named)),
  };
  return { ...bus, ...renamed };
}

/**
 * Returns a bus whose methods take Latchkey's group names.
 * @param bus a bus whose methods take Latchkey's topic names, such as the result of `withTopicNames`, because
 * the name of a group on the log depends on these topic names
 */
export function withGroupNames<B extends Bus & ConsumerGroups>(bus: B, rules: GroupNamingRules): B {
  const renamed: Bus & ConsumerGroups = {
    ...bus,
    subscribe(options) {
      const group = groupNameOnLog(rules, options.group, options.topics);
      if (group === options.group) return bus.subscribe(options);
      return bus.subscribe({ ...options, group, formerGroup: options.group });
    },
    progressOf: (group, topics) => bus.progressOf(groupNameOnLog(rules, group, topics), topics),
    deleteGroup: (group, topics) => bus.deleteGroup(groupNameOnLog(rules, group, topics), topics),
  };
  return { ...bus, ...renamed };
}
