import { parseArgs } from 'node:util';
import { nameIn } from '@latchkey/bus';
import { createKafkaBus, type KafkaBus, type Replication, type TopicState } from '@latchkey/bus/kafka';
import { kafkaConnection, serverSettings } from '@latchkey/cluster';
import { topics } from '@latchkey/events';
import { type Environment, readConfig } from '@latchkey/process';
import { type Command, type Context, UsageError } from './command.ts';
import { patiently } from './patience.ts';

const OPTIONS = { replication: { type: 'string' }, 'min-insync': { type: 'string' } } as const;

/** Makes the topics that are missing and checks the others: a difference is an error, and nothing is altered. */
export const topicsCommand: Command = {
  words: '[--replication N --min-insync M]',
  does: 'make the topics in Kafka that are missing, and check the others',
  read(words) {
    const replication = replicationOf(words);
    return (context) => withTopics(context, replication, (bus) => makeTopics(bus, context));
  },
};

/** Topics that are made by this bus are as a given one is, in copies and in how many of them must be in sync. */
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

async function makeTopics(bus: KafkaBus, context: Context): Promise<void> {
  const { TOPIC_NAMES } = readConfig(serverSettings, withoutStores(context.environment));
  const specs = topics.map((topic) => ({ ...topic, name: nameIn(TOPIC_NAMES, topic.name) }));
  const names = specs.map(({ name }) => name);
  const before = await patiently(context, 'Kafka', () => bus.describeTopics(names));
  await patiently(context, 'Kafka', () => bus.ensureTopics(specs));
  const after = await patiently(context, 'Kafka', () => bus.describeTopics(names));
  for (const topic of after) {
    const was = before.some(({ name }) => name === topic.name) ? 'already as it should be' : 'made';
    context.say(`${topic.name}: ${was}. ${describe(topic)}`);
  }
}

function describe({ partitions, copies, minInSync, retentionMs }: TopicState): string {
  return [
    `${partitions} partitions`,
    `${copies} ${copies === 1 ? 'copy' : 'copies'} (${minInSync} in sync to be acknowledged)`,
    `kept ${retentionMs < 0 ? 'for ever' : `${retentionMs / DAY_MS} days`}`,
  ].join(', ');
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Undefined: as many as the number of brokers calls for. @throws UsageError */
function replicationOf(words: readonly string[]): Replication | undefined {
  const { replication, 'min-insync': minInSync } = optionsOf(words);
  if (replication === undefined && minInSync === undefined) return undefined;
  const [factor, least] = [Number(replication), Number(minInSync)];
  const isRight = Number.isInteger(factor) && Number.isInteger(least) && least >= 1 && factor >= least;
  if (!isRight)
    throw new UsageError(
      '--replication and --min-insync go together: whole numbers, the second at most the first',
    );
  return { factor, minInSync: least };
}

function optionsOf(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS }).values;
  } catch {
    throw new UsageError('topics takes --replication N and --min-insync M, and nothing else');
  }
}

function openBus({ environment, note }: Context, replication: Replication | undefined): KafkaBus {
  return createKafkaBus({
    ...kafkaConnection(readConfig(serverSettings, withoutStores(environment))),
    clientId: 'latchkey-ops',
    // What matters of its complaints is in the errors.
    logger: { warn: () => undefined },
    onFatal: (reason) => note(reason.message),
    ...(replication === undefined ? {} : { replication }),
  });
}

/** Topics need Kafka alone, wherever the stores are. */
function withoutStores(environment: Environment): Environment {
  return {
    ...environment,
    MONGO_URL: 'mongodb://not-asked',
    MONGO_URL_FILE: undefined,
  };
}
