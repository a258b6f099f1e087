/**
 * The rights of each process on Kafka. `ops acls`, deploy/compose.secure.yml and docs/least-privilege.md are generated
 * from this table. Only the publisher of a topic may write events to it.
 */
import { groupNameOnLog, type TopicNamesOnLog, topicNameOnLog } from '@latchkey/bus';
import type { KafkaAcl, KafkaAclOperation } from '@latchkey/bus/kafka';
import {
  ACCOUNTS_TOPIC,
  allTopics,
  MAILINGS_TOPIC,
  RECEIPTS_TOPIC,
  SECURITY_TOPIC,
  topics,
} from '@latchkey/events';

export const kafkaUsers = ['auth', 'user', 'notifier', 'ops'] as const;
export type KafkaUser = (typeof kafkaUsers)[number];

export interface KafkaRight extends Omit<KafkaAcl, 'principal'> {
  /** The user that gets the right: one of Latchkey's own Kafka users, or the name of another team's consumer. */
  readonly user: string;
  readonly why: string;
}

/** The settings TOPIC_NAMES and GROUP_PREFIX, which determine the names of topics and groups on the broker. */
export interface KafkaNameSettings {
  readonly topicNames: TopicNamesOnLog;
  readonly groupPrefix: string;
}

const EVERY_TOPIC = allTopics().map(({ name }) => name);

function publishedBy(service: 'auth' | 'notifier'): readonly string[] {
  return topics.filter(({ publisher }) => publisher === service).map(({ name }) => name);
}

const MAIL_TOPICS = [ACCOUNTS_TOPIC, MAILINGS_TOPIC];
const CHECK: readonly KafkaAclOperation[] = ['Describe', 'DescribeConfigs'];

/** Returns the rights of all users, in the order of `kafkaUsers`. */
export function listKafkaRights({ topicNames, groupPrefix }: KafkaNameSettings): readonly KafkaRight[] {
  function onTopics(
    user: KafkaUser,
    ours: readonly string[],
    operations: readonly KafkaAclOperation[],
    why: string,
  ): readonly KafkaRight[] {
    return ours.map((topic) => ({
      user,
      resource: 'topic',
      name: topicNameOnLog(topicNames, topic),
      isPrefix: false,
      operations,
      why,
    }));
  }

  /**
   * Returns the rights on a consumer group, and on the groups that replace it after rebuilds of the read model. If
   * the group was renamed, also returns the right to read the positions that are stored under its former name.
   */
  function onGroup(
    user: KafkaUser,
    group: string,
    ours: readonly string[],
    operations: readonly KafkaAclOperation[],
  ) {
    const right = { user, resource: 'group', operations, why: 'reads as a member of the group' } as const;
    const prefixed = `${groupPrefix}${group}`;
    const renamed = groupNameOnLog({ prefix: groupPrefix, topics: topicNames }, group, ours) !== group;
    return [
      { ...right, name: prefixed, isPrefix: false },
      {
        ...right,
        name: `${prefixed}.`,
        isPrefix: true,
        why: 'for rebuilds, and for topics with another name',
      },
      ...(renamed && groupPrefix !== ''
        ? [
            {
              ...right,
              name: group,
              isPrefix: false,
              operations: ['Describe'],
              why: 'its former name',
            } as const,
          ]
        : []),
    ];
  }

  /**
   * Returns the rights on the dead-letter topics of a consumer group, and of the groups that replace it after
   * rebuilds of the read model. The name of a dead-letter topic contains the group's name without GROUP_PREFIX.
   */
  function onDeadLetters(
    user: KafkaUser,
    group: string,
    ours: readonly string[],
    operations: readonly KafkaAclOperation[],
    why: string,
  ): readonly KafkaRight[] {
    const right = { user, resource: 'topic', operations, why } as const;
    return ours.flatMap((topic) => {
      const name = `${topicNameOnLog(topicNames, topic)}.dlq.${group}`;
      return group === ''
        ? [{ ...right, name, isPrefix: true }]
        : [
            { ...right, name, isPrefix: false },
            { ...right, name: `${name}.`, isPrefix: true },
          ];
    });
  }

  const read: readonly KafkaAclOperation[] = ['Read', ...CHECK];
  const all: readonly KafkaAclOperation[] = ['Create', 'Read', 'Write', ...CHECK];
  const setAside: readonly KafkaAclOperation[] = ['Create', 'Write', ...CHECK];
  const forget: readonly KafkaAclOperation[] = ['Read', 'Describe', 'Delete'];
  return [
    ...onTopics('auth', publishedBy('auth'), ['Write', ...CHECK], 'publishes events'),
    ...onTopics('auth', [SECURITY_TOPIC], ['Write', ...CHECK], 'publishes security events'),
    ...onTopics(
      'auth',
      [RECEIPTS_TOPIC],
      ['Read', 'Write', ...CHECK],
      'confirms erasures, and reads receipts',
    ),
    ...onGroup('auth', 'auth', [RECEIPTS_TOPIC], ['Read']),
    ...onTopics('auth', publishedBy('notifier'), CHECK, 'checks every topic when it starts'),
    ...onTopics('user', [ACCOUNTS_TOPIC], read, 'fills the read model'),
    ...onTopics('user', [RECEIPTS_TOPIC], ['Write', ...CHECK], 'confirms erasures'),
    ...onGroup('user', 'user', [ACCOUNTS_TOPIC], ['Read']),
    ...onDeadLetters('user', 'user', [ACCOUNTS_TOPIC], setAside, 'sets unreadable records aside'),
    ...onTopics('notifier', MAIL_TOPICS, read, 'sends mails'),
    ...onTopics('notifier', publishedBy('notifier'), ['Write', ...CHECK], 'publishes events'),
    ...onTopics('notifier', [RECEIPTS_TOPIC], ['Write', ...CHECK], 'confirms erasures'),
    ...onGroup('notifier', 'notifier', MAIL_TOPICS, ['Read']),
    ...onDeadLetters('notifier', 'notifier', MAIL_TOPICS, setAside, 'sets unreadable records aside'),
    ...onTopics('ops', EVERY_TOPIC, all, 'creates topics, verifies and repairs them'),
    ...onDeadLetters('ops', '', MAIL_TOPICS, all, 'shows and retries dead letters'),
    ...onGroup('ops', 'user', [ACCOUNTS_TOPIC], forget),
    ...onGroup('ops', 'notifier', MAIL_TOPICS, forget),
  ];
}

/**
 * Returns the rights that another team's consumer needs to read account events.
 * @param name the name of the consumer's Kafka user and of its group. The rights also cover groups whose names begin
 * with this name and a hyphen
 */
export function createConsumerRights(
  name: string,
  { topicNames }: Pick<KafkaNameSettings, 'topicNames'>,
): readonly KafkaRight[] {
  const group = { user: name, resource: 'group', operations: ['Read'] } as const;
  return [
    {
      user: name,
      resource: 'topic',
      name: topicNameOnLog(topicNames, ACCOUNTS_TOPIC),
      isPrefix: false,
      operations: ['Read', 'Describe'],
      why: 'reads events',
    },
    { ...group, name, isPrefix: false, why: 'reads as a member of the group' },
    { ...group, name: `${name}-`, isPrefix: true, why: 'for guards: each process has its own group' },
  ];
}

/**
 * Returns the right to append anchors to a topic and to read them (`ops anchor --topic`, `ops verify
 * --against`). The right does not allow deleting records or changing the topic, because an anchor that can be
 * removed would prove nothing.
 */
export function createAnchorTopicRight(topic: string): KafkaRight {
  const operations: readonly KafkaAclOperation[] = ['Create', 'Read', 'Write', ...CHECK];
  return {
    user: 'ops',
    resource: 'topic',
    name: topic,
    isPrefix: false,
    operations,
    why: 'appends and reads anchors',
  };
}

/** Returns the `kafka-acls` command line that creates an ACL. `kafka-acls` is a tool that comes with Kafka. */
export function formatKafkaAclsCommand({
  principal,
  resource,
  name,
  isPrefix,
  operations,
}: KafkaAcl): string {
  return [
    'kafka-acls --bootstrap-server "$KAFKA_BROKERS" --command-config admin.properties',
    `--add --allow-principal '${principal}' --${resource} '${name}'`,
    ...(isPrefix ? ['--resource-pattern-type prefixed'] : []),
    ...operations.map((operation) => `--operation ${operation}`),
  ].join(' ');
}
