import { kafkaConnection, kafkaSettings } from '@latchkey/backend';
import { nameIn } from '@latchkey/bus';
import { createKafkaBus, type KafkaBus, type Replication, type TopicState } from '@latchkey/bus/kafka';
import { topics } from '@latchkey/events';
import { readConfig } from '@latchkey/process';
import type { Context } from '../context.ts';
import { printJson } from '../output/listing.ts';
import { patiently } from '../patience.ts';
import { examples, JSON_LINES, type Program, wholeNumber } from '../program.ts';

/** Creates the topics that are missing and checks the others: a difference is an error, and nothing is altered. */
export function addTopics(program: Program, context: Context): void {
  const command = program
    .command('topics')
    .description('create the Kafka topics that are missing and check the others; alters nothing')
    .option(
      '--replication <n>',
      'replicas of each partition (default: 3 on three brokers)',
      wholeNumber(1, 99),
    )
    .option(
      '--min-insync <n>',
      'replicas that must have a record before it is acknowledged',
      wholeNumber(1, 99),
    )
    .option('--json', JSON_LINES)
    .addHelpText('after', examples('topics', 'topics --replication 3 --min-insync 2', 'topics --json'))
    .action(({ replication: factor, minInsync: minInSync, json = false }) => {
      const replication =
        factor !== undefined && minInSync !== undefined && factor >= minInSync
          ? { factor, minInSync }
          : undefined;
      if (replication === undefined && (factor !== undefined || minInSync !== undefined))
        command.error('--replication and --min-insync go together, and the second is at most the first');
      return withTopics(context, replication, (bus) => createTopics(bus, context, json));
    });
}

/** Opens a bus that creates topics with the replication of an existing one. */
export async function withTopicsLike(
  context: Context,
  model: string,
  work: (bus: KafkaBus) => Promise<void>,
): Promise<void> {
  let replication: Replication | undefined;
  await withTopics(context, undefined, async (bus) => {
    const [state] = await bus.describeTopics([model]);
    if (state !== undefined) replication = { factor: state.copies, minInSync: state.minInSync };
  });
  await withTopics(context, replication, work);
}

async function withTopics(
  context: Context,
  replication: Replication | undefined,
  work: (bus: KafkaBus) => Promise<void>,
): Promise<void> {
  const bus = openBus(context, replication);
  try {
    await work(bus);
  } finally {
    await bus.close();
  }
}

async function createTopics(bus: KafkaBus, context: Context, json: boolean): Promise<void> {
  const { TOPIC_NAMES } = readConfig(kafkaSettings, context.environment);
  const specs = topics.map((topic) => ({ ...topic, name: nameIn(TOPIC_NAMES, topic.name) }));
  const names = specs.map(({ name }) => name);
  const before = await patiently(context, 'Kafka', () => bus.describeTopics(names));
  await patiently(context, 'Kafka', () => bus.ensureTopics(specs));
  const after = await patiently(context, 'Kafka', () => bus.describeTopics(names));
  const existing = new Set(before.map(({ name }) => name));
  if (json)
    printJson(
      context.print,
      after.map((topic) => toJson(topic, !existing.has(topic.name))),
    );
  else
    for (const topic of after)
      context.print(`${topic.name}: ${existing.has(topic.name) ? 'correct' : 'created'}. ${describe(topic)}`);
}

function toJson({ name, partitions, copies, minInSync, retentionMs }: TopicState, created: boolean) {
  return { topic: name, created, partitions, replication: copies, minInSync, retentionMs };
}

const DAY_MS = 24 * 60 * 60 * 1000;

function describe({ partitions, copies, minInSync, retentionMs }: TopicState): string {
  const kept = retentionMs < 0 ? 'forever' : `${retentionMs / DAY_MS} days`;
  return `${partitions} partitions, replication factor ${copies}, min.insync.replicas ${minInSync}, kept ${kept}`;
}

function openBus({ environment, note }: Context, replication: Replication | undefined): KafkaBus {
  return createKafkaBus({
    ...kafkaConnection(readConfig(kafkaSettings, environment)),
    clientId: 'latchkey-ops',
    // Warnings are dropped: whatever matters in them is also in the errors.
    logger: { warn: () => undefined },
    onFatal: (reason) => note(reason.message),
    ...(replication === undefined ? {} : { replication }),
  });
}
