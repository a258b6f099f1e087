import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { openOps } from '@latchkey/auth/ops';
import type { Bus } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, accountsTopic, type EncodedEvent, topics } from '@latchkey/events';
import type { Context } from '../context.ts';
import { logKind } from '../log.ts';
import { amount, counted, progressWhenSlow } from '../output/progress.ts';
import { patiently } from '../patience.ts';
import { examples, type Program } from '../program.ts';
import { recordsOf } from '../republish/records-of.ts';
import { writeTopic } from '../republish/write-topic.ts';
import { type System, withSystem } from '../system.ts';
import { withTopicsLike } from './topics.ts';

const MAX_RECORDS = 500_000;

/** Consumers skip events that they have: no mail is sent again, and no profile changes. */
export function addRepublish(program: Program, context: Context): void {
  const command = program
    .command('republish')
    .description('publish events of the journal again: all accounts to a new topic, or one account in place')
    .addOption(
      new Option('--to <topic>', 'write all accounts to this topic')
        .argParser(parseTopic)
        .conflicts('account'),
    )
    .option('--account <id>', 'publish the events of this account again')
    .addHelpText(
      'after',
      examples(
        'republish --account 01a1ff4e-4c69-77ba-93b1-fcec3de4b88f',
        'republish --to accounts.events.v2',
      ),
    )
    .action(({ to, account }) => {
      if (to !== undefined) return republishAll(to, context);
      if (account !== undefined) return republishAccount(account, context);
      return command.error('give either --to or --account');
    });
}

/** Accepts names that brokers accept and that nothing else depends on. @throws InvalidArgumentError */
function parseTopic(name: string): string {
  if (!/^[\w.-]{1,200}$/.test(name) || /^\.+$/.test(name))
    throw new InvalidArgumentError('Expected the name of a topic: letters, digits, dots, - and _.');
  if (name.includes('.dlq.') || name.startsWith('mailings.'))
    throw new InvalidArgumentError('This is not a name for a topic of accounts.');
  return name;
}

function republishAll(name: string, context: Context): Promise<void> {
  return withSystem(context, async (system) => {
    const { store, log, nameOf } = system;
    const current = nameOf(ACCOUNTS_TOPIC);
    if (topics.some((topic) => nameOf(topic.name) === name))
      throw new Error(`${name} is in use: choose another name, or publish one account again with --account`);
    await createTopicLike(context, system, current, name);
    const { accounts, events, added } = await writeTopic({
      journal: openOps(store).journal,
      log: log.reader,
      // A partition may lose its leader meanwhile. Consumers skip events that are published twice.
      bus: {
        publish: (topic, records) => patiently(context, 'Kafka', () => log.bus.publish(topic, records)),
      },
      topic: name,
      maxRecords: MAX_RECORDS,
      onProgress: progressWhenSlow(context),
    });
    context.print(
      `${name}: ${counted(events, 'event')} of ${counted(accounts, 'account')}, ${amount(added)} of them written now.`,
    );
  });
}

/** Creates a topic with the settings of another and waits for its leaders. An existing one that differs is an error. */
async function createTopicLike(
  context: Context,
  { log }: System,
  model: string,
  name: string,
): Promise<void> {
  const specs = [{ ...accountsTopic, name }];
  if (logKind(context.environment) === 'kafka')
    await withTopicsLike(context, model, (bus) => patiently(context, 'Kafka', () => bus.ensureTopics(specs)));
  else await log.bus.ensureTopics(specs);
  await patiently(context, 'Kafka', () => log.reader.ranges(name));
}

function republishAccount(id: string, context: Context): Promise<void> {
  return withSystem(context, async ({ store, log, nameOf }) => {
    const stream = await openOps(store).journal.stream(id);
    if (stream === undefined) throw new Error(`the journal has no account ${id}`);
    const names = await publish(log.bus, recordsOf(stream), nameOf);
    context.print(
      `${id}: events 1 to ${stream.events.length} are on ${names.join(', ')} again. Consumers skip what they have.`,
    );
    context.print('If it is parked because it missed one of them, the user service unparks it.');
  });
}

/** Publishes all events of an account. @returns the topics that they were appended to */
async function publish(
  bus: Pick<Bus, 'publish'>,
  records: readonly EncodedEvent[],
  nameOf: (topic: string) => string,
): Promise<readonly string[]> {
  const byTopic = Map.groupBy(records, ({ topic }) => nameOf(topic));
  for (const [name, ofTopic] of byTopic) await bus.publish(name, ofTopic);
  return [...byTopic.keys()];
}
