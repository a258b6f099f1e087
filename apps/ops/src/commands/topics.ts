import { auditSettingsSchema, erasureSettingsSchema } from '@latchkey/auth/ops';
import { kafkaSettings } from '@latchkey/backend';
import { type TopicSpec, topicNameOnLog } from '@latchkey/bus';
import type { KafkaBus, KafkaTopicState, TopicReplication } from '@latchkey/bus/kafka';
import { ACCOUNTS_TOPIC, allTopics, checkedAccountsTopic, erasableAccountsTopic } from '@latchkey/events';
import { DAY_MS, readConfig } from '@latchkey/process';
import type { CommandContext } from '../context.ts';
import { withKafkaBus } from '../kafka.ts';
import { printJsonLines } from '../output/listing.ts';
import { retryUntilReachable } from '../patience.ts';
import { createWholeNumberParser, formatExamples, JSON_OPTION_HELP, type OpsProgram } from '../program.ts';
import type { OpenedSystem } from '../system.ts';

/**
 * Adds the command that creates missing topics and checks existing ones. The command never changes an
 * existing topic; it fails if the settings of an existing topic differ from the required ones.
 */
export function addTopicsCommand(program: OpsProgram, context: CommandContext): void {
  const command = program
    .command('topics')
    .description('create the Kafka topics that are missing and check the others; alters nothing')
    .option(
      '--replication <n>',
      'replicas of each partition (default: 3 on three brokers)',
      createWholeNumberParser(1, 99),
    )
    .option(
      '--min-insync <n>',
      'replicas that must have a record before it is acknowledged',
      createWholeNumberParser(1, 99),
    )
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples('topics', 'topics --replication 3 --min-insync 2', 'topics --json'))
    .action(({ replication: factor, minInsync: minInSync, json = false }) => {
      const replication =
        factor !== undefined && minInSync !== undefined && factor >= minInSync
          ? { factor, minInSync }
          : undefined;
      if (replication === undefined && (factor !== undefined || minInSync !== undefined))
        command.error('--replication and --min-insync go together, and the second is at most the first');
      return withKafkaBus(context, (bus) => createTopics(bus, context, json), replication);
    });
}

/** Opens a bus that creates topics with the same replication settings as the existing topic `model`. */
async function withTopicsLike(
  context: CommandContext,
  model: string,
  work: (bus: KafkaBus) => Promise<void>,
): Promise<void> {
  let replication: TopicReplication | undefined;
  await withKafkaBus(context, async (bus) => {
    const [state] = await bus.describeTopics([model]);
    if (state !== undefined) replication = { factor: state.copies, minInSync: state.minInSync };
  });
  await withKafkaBus(context, work, replication);
}

/** Returns the specification of the accounts topic, with the settings that it must have on the broker. */
export function createAccountsTopicSpec(context: CommandContext): ReturnType<typeof erasableAccountsTopic> {
  return erasableAccountsTopic(erasureTopicDaysOf(context));
}

function erasureTopicDaysOf({ environment }: CommandContext): number {
  return readConfig(erasureSettingsSchema.pick({ ERASURE_TOPIC_DAYS: true }), environment).ERASURE_TOPIC_DAYS;
}

/**
 * Creates a topic with the replication settings of `model`, an existing topic, and waits until its
 * partitions have leaders.
 * @throws Error if the topic already exists with different settings
 */
export async function createTopicReplicatedLike(
  context: CommandContext,
  { log }: Pick<OpenedSystem, 'log'>,
  model: string,
  spec: TopicSpec,
): Promise<void> {
  if (log.kind === 'kafka')
    await withTopicsLike(context, model, (bus) =>
      retryUntilReachable(context, 'Kafka', () => bus.ensureTopics([spec])),
    );
  else await log.bus.ensureTopics([spec]);
  await retryUntilReachable(context, 'Kafka', () => log.reader.ranges(spec.name));
}

async function createTopics(bus: KafkaBus, context: CommandContext, json: boolean): Promise<void> {
  const { TOPIC_NAMES } = readConfig(kafkaSettings, context.environment);
  const { AUDIT_RETENTION_DAYS } = readConfig(
    auditSettingsSchema.pick({ AUDIT_RETENTION_DAYS: true }),
    context.environment,
  );
  const specs = allTopics({
    auditRetentionDays: AUDIT_RETENTION_DAYS,
    erasureTopicDays: erasureTopicDaysOf(context),
  }).map((topic) => ({ ...topic, name: topicNameOnLog(TOPIC_NAMES, topic.name) }));
  const names = specs.map(({ name }) => name);
  const before = await retryUntilReachable(context, 'Kafka', () => bus.describeTopics(names));
  // Check first whether compaction is deleting events, which happens if several records of a compacted topic
  // have the same key. The operator must stop this before repairing other differences.
  const accounts = { ...checkedAccountsTopic, name: topicNameOnLog(TOPIC_NAMES, ACCOUNTS_TOPIC) };
  const faults = await retryUntilReachable(context, 'Kafka', () => bus.compactedSharedKeyFaults([accounts]));
  if (faults.length > 0) throw new Error(faults.join(' '));
  await retryUntilReachable(context, 'Kafka', () => bus.ensureTopics(specs));
  const after = await retryUntilReachable(context, 'Kafka', () => bus.describeTopics(names));
  const existing = new Set(before.map(({ name }) => name));
  if (json)
    printJsonLines(
      context.print,
      after.map((topic) => toJson(topic, !existing.has(topic.name))),
    );
  else
    for (const topic of after)
      context.print(`${topic.name}: ${existing.has(topic.name) ? 'correct' : 'created'}. ${describe(topic)}`);
}

function toJson(topic: KafkaTopicState, created: boolean) {
  const { name, partitions, copies, minInSync, retentionMs, isCompacted } = topic;
  return { topic: name, created, partitions, replication: copies, minInSync, retentionMs, isCompacted };
}

function describe({ partitions, copies, minInSync, ...topic }: KafkaTopicState): string {
  return `${partitions} partitions, replication factor ${copies}, min.insync.replicas ${minInSync}, ${kept(topic)}`;
}

function kept({
  retentionMs,
  isCompacted,
  maxLagMs = 0,
}: Pick<KafkaTopicState, 'retentionMs' | 'isCompacted' | 'maxLagMs'>) {
  if (isCompacted) return `compacted within ${maxLagMs / DAY_MS} days`;
  return retentionMs < 0 ? 'kept forever' : `kept ${retentionMs / DAY_MS} days`;
}
