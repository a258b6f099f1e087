/**
 * Finds the topics that the system used before TOPIC_NAMES was changed. An operator must name these topics: a
 * broker does not know which system a topic belongs to, and a topic with one of Latchkey's default names may
 * belong to another system.
 */
import { type TopicNamesOnLog, topicNameOnLog } from '@latchkey/bus';
import { allTopics } from '@latchkey/events';

export interface FormerTopics {
  /** The topics that the operator has named, and their dead-letter topics. */
  readonly named: readonly string[];
  /**
   * Topics that the system may have used earlier, but that the operator has not named. They have one of
   * Latchkey's default names, although TOPIC_NAMES now maps this default name to a different topic.
   */
  readonly unnamed: readonly string[];
  /** The topics that the operator has named although they do not exist. */
  readonly missing: readonly string[];
}

/** Returns whether a topic is one of the given topics, or a dead-letter topic of a given topic. */
export function isTopicOrItsDeadLetterTopic(topic: string, names: readonly string[]): boolean {
  return names.some((name) => topic === name || topic.startsWith(`${name}.dlq.`));
}

/**
 * Finds former topics on the log.
 * @param all the names of all topics on the log
 * @param given the names of former topics that the operator has given
 */
export function findFormerTopics(
  all: readonly string[],
  topicNames: TopicNamesOnLog,
  given: readonly string[],
): FormerTopics {
  const own = allTopics().map(({ name }) => name);
  const current = own.map((name) => topicNameOnLog(topicNames, name));
  const renamed = own.filter((name) => !current.includes(name));
  const former = all.filter((topic) => !isTopicOrItsDeadLetterTopic(topic, current));
  return {
    named: former.filter((topic) => isTopicOrItsDeadLetterTopic(topic, given)),
    unnamed: former.filter(
      (topic) => isTopicOrItsDeadLetterTopic(topic, renamed) && !isTopicOrItsDeadLetterTopic(topic, given),
    ),
    missing: given.filter((name) => !all.includes(name)),
  };
}
