/** Reads the properties of the topics that matter for erasures. */
import { topicNameSettings } from '@latchkey/backend';
import { type TopicNamesOnLog, topicNameOnLog } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, DELIVERIES_TOPIC, SECURITY_TOPIC } from '@latchkey/events';
import { readConfig } from '@latchkey/process';
import { createAccountsTopicSpec } from '../commands/topics.ts';
import type { CommandContext } from '../context.ts';
import { createKafkaLogReader, createOpsKafkaConnection, withKafkaBus } from '../kafka.ts';
import { getSelectedLogKind, withOpenedLog } from '../log.ts';
import { retryUntilReachable } from '../patience.ts';
import { findFormerTopics } from './former-topics.ts';
import type { RetainingTopic } from './retained.ts';
import type { AccountsTopic } from './topic.ts';

/** The topics that may contain data of an erased person. */
export interface TopicsWithErasedData {
  readonly accounts: AccountsTopic;
  /**
   * The topics from which the broker removes a person's data only when the data reaches a certain age. If
   * the system uses the embedded log, the list contains only former topics that are not on this log,
   * because they may be on Kafka.
   */
  readonly retaining: readonly RetainingTopic[];
  /**
   * Topics that are not in `retaining`, but may be former topics of the system. Empty for the embedded log.
   */
  readonly unnamed: readonly string[];
}

/**
 * The topics from which data of a person is removed only when the retention time of the topic ends, and
 * what data of a person they contain.
 */
const RETAINING = {
  [SECURITY_TOPIC]: 'networks and user agents',
  [DELIVERIES_TOPIC]: 'fingerprints of addresses',
} as const;

/**
 * Asks the broker for the settings of the topics. If the broker cannot be reached, prints a note, sets
 * `removal` to `unknown`, and returns the topics without settings. Topics that the broker does not list have
 * no settings either.
 * @param former topics that the system used before TOPIC_NAMES was changed
 * @throws ConfigError
 */
export async function readTopicsWithErasedData(
  context: CommandContext,
  former: readonly string[] = [],
): Promise<TopicsWithErasedData> {
  const { environment, note } = context;
  const { TOPIC_NAMES } = readConfig(topicNameSettings, environment);
  const name = topicNameOnLog(TOPIC_NAMES, ACCOUNTS_TOPIC);
  const { maxLagMs } = createAccountsTopicSpec(context).compaction;
  if (getSelectedLogKind(environment) === 'embedded') {
    const retaining = toFormerRetainingTopics(await missingOnEmbeddedLog(context, former));
    return { accounts: { name, removal: 'in place', maxLagMs }, retaining, unnamed: [] };
  }
  const expected = [
    ...Object.entries(RETAINING).map(([topic, contents]) => ({
      name: topicNameOnLog(TOPIC_NAMES, topic),
      contents,
    })),
    ...toFormerRetainingTopics(former),
  ];
  try {
    const broker = { ...context, waits: false };
    const { isCompacted, ...found } = await askBroker(broker, TOPIC_NAMES, expected, former);
    return { accounts: { name, removal: isCompacted ? 'compaction' : 'none', maxLagMs }, ...found };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    note(`how Kafka removes the data from its topics is unknown: ${reason}`);
    return { accounts: { name, removal: 'unknown', maxLagMs }, retaining: expected, unnamed: [] };
  }
}

/**
 * Returns which of the given topics are not on the embedded log. These topics may be on Kafka, if the system
 * used Kafka before.
 */
async function missingOnEmbeddedLog(
  context: CommandContext,
  names: readonly string[],
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  let all: readonly string[] = [];
  await withOpenedLog(context, async ({ reader }) => {
    all = await reader.topics();
  });
  return names.filter((name) => !all.includes(name));
}

function toFormerRetainingTopics(names: readonly string[]) {
  return names.map((name) => ({ name, contents: 'records under a former name' }));
}

async function askBroker(
  context: CommandContext,
  topicNames: TopicNamesOnLog,
  expected: readonly Pick<RetainingTopic, 'name' | 'contents'>[],
  former: readonly string[],
) {
  const accounts = topicNameOnLog(topicNames, ACCOUNTS_TOPIC);
  const all = await retryUntilReachable(context, 'Kafka', () =>
    createKafkaLogReader(createOpsKafkaConnection(context)).topics(),
  );
  const letters = all
    .filter((topic) => topic.startsWith(`${accounts}.dlq.`))
    .map((topic) => ({ name: topic, contents: 'dead letters' }));
  const { named, unnamed } = findFormerTopics(all, topicNames, former);
  const formerLetters = named.filter((topic) => !former.includes(topic));
  const wanted = [...expected, ...letters, ...toFormerRetainingTopics(formerLetters)];
  let isCompacted = false;
  let retaining: readonly RetainingTopic[] = [];
  await withKafkaBus(context, async (bus) => {
    isCompacted = await retryUntilReachable(context, 'Kafka', () => bus.isCompacted(accounts));
    const states = await retryUntilReachable(context, 'Kafka', () =>
      bus.describeTopics(wanted.map(({ name }) => name).filter((name) => all.includes(name))),
    );
    const keeps = new Map(
      states.map(({ name, retentionMs, segmentMs }) => [name, { retentionMs, segmentMs }]),
    );
    // Keep a topic that Kafka does not list, without its settings: Kafka hides topics for which the user
    // has no rights, so the topic may exist.
    retaining = wanted.map((topic) => {
      const settings = keeps.get(topic.name);
      return settings === undefined ? topic : { ...topic, keeps: settings };
    });
  });
  return { isCompacted, retaining, unnamed };
}
