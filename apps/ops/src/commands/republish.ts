import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { openAuthOps } from '@latchkey/auth/ops';
import { ACCOUNTS_TOPIC, type EncodedEvent, topics } from '@latchkey/events';
import type { FindingKind } from '@latchkey/verify';
import type { CommandContext } from '../context.ts';
import { readEventKeysFromSettings } from '../keys.ts';
import { createDelayedProgressDisplay, formatCount, formatNumber } from '../output/progress.ts';
import { formatExamples, type OpsProgram } from '../program.ts';
import {
  createErasedEventCopyRecorder,
  createRepublisher,
  type Republisher,
} from '../republish/publish-again.ts';
import { createRecordEncoder } from '../republish/records-of.ts';
import { writeAccountEventsToTopic } from '../republish/write-topic.ts';
import { type OpenedSystem, withOpenedSystem } from '../system.ts';
import { createVerifyPatienceOption, verifyOpenedSystem } from '../verify-system.ts';
import { createAccountsTopicSpec, createTopicReplicatedLike } from './topics.ts';

const MAX_RECORDS = 500_000;
/** The maximum number of findings of `verify` to repair in one call. */
const MAX_FOUND = 100_000;

/**
 * Adds the command that publishes events again. Consumers skip events that they have already handled, so no mail is
 * sent twice and no profile changes.
 */
export function addRepublishCommand(program: OpsProgram, context: CommandContext): void {
  const command = program
    .command('republish')
    .description('publish events of the journal again: all accounts to a new topic, or some of them in place')
    .addOption(
      new Option('--to <topic>', 'write all accounts to this topic')
        .argParser(parseTopicName)
        .conflicts(['account', 'missing']),
    )
    .addOption(
      new Option('--account <id...>', 'publish the events of these accounts or mailings again').conflicts(
        'missing',
      ),
    )
    .option(
      '--missing',
      'run verify, and publish again the events of every account and mailing of which it finds something missing',
    )
    .addOption(createVerifyPatienceOption())
    .addHelpText(
      'after',
      formatExamples(
        'republish --account 01a1ff4e-4c69-77ba-93b1-fcec3de4b88f',
        'republish --missing',
        'republish --to accounts.events.v2',
      ),
    )
    .action(({ to, account, missing, patience }) => {
      if (to !== undefined) return republishAll(to, context);
      if (account !== undefined)
        return withOpenedSystem(context, (system) => republishStreams(system, account, context));
      if (missing) return republishMissing(patience * 1000, context);
      return command.error('give one of --to, --account and --missing');
    });
}

/**
 * Parses the name of a topic for account events. Rejects names that Kafka would reject, and names in use for dead
 * letters and mailings.
 * @throws InvalidArgumentError
 */
export function parseTopicName(name: string): string {
  if (!/^[\w.-]{1,200}$/.test(name) || /^\.+$/.test(name))
    throw new InvalidArgumentError('Expected the name of a topic: letters, digits, dots, - and _.');
  if (name.includes('.dlq.') || name.startsWith('mailings.'))
    throw new InvalidArgumentError('This is not a name for a topic of accounts.');
  return name;
}

function republishAll(name: string, context: CommandContext): Promise<void> {
  return withOpenedSystem(context, async (system) => {
    const { store, log, nameOf } = system;
    const current = nameOf(ACCOUNTS_TOPIC);
    if (topics.some((topic) => nameOf(topic.name) === name))
      throw new Error(`${name} is in use: choose another name, or publish one account again with --account`);
    const auth = openAuthOps(store);
    const recordsOf = createRecordEncoder(auth, (await readEventKeysFromSettings(context)).signer);
    await createTopicReplicatedLike(context, system, current, {
      ...createAccountsTopicSpec(context),
      name,
    });
    const copies = createErasedEventCopyRecorder(auth, log);
    const { accounts, events, added } = await writeAccountEventsToTopic({
      journal: auth.journal,
      recordsOf,
      log: log.reader,
      bus: createRepublisher(context, { bus: log.bus, journal: auth.journal, recordsOf, ...copies }),
      ...copies,
      topic: name,
      maxRecords: MAX_RECORDS,
      onProgress: createDelayedProgressDisplay(context),
    });
    context.print(
      `${name}: ${formatCount(events, 'event')} of ${formatCount(accounts, 'account')}, ${formatNumber(added)} of them written now.`,
    );
  });
}

/**
 * The kinds of findings of `verify` that are repaired by publishing the events of the account or mailing
 * again.
 */
const REPAIRED_BY_EVENTS: readonly FindingKind[] = [
  'event-missing',
  'profile-missing',
  'profile-behind',
  'delivery-missing',
];

function republishMissing(patienceMs: number, context: CommandContext): Promise<void> {
  return withOpenedSystem(context, async (system) => {
    const { findings } = await verifyOpenedSystem(system, context, { patienceMs, maxFindings: MAX_FOUND });
    const repairable = findings.filter(({ kind }) => REPAIRED_BY_EVENTS.includes(kind));
    const ids = new Set(repairable.flatMap(({ subject }) => subject ?? []));
    if (ids.size === 0) return context.print('Nothing is missing that publishing events again would repair.');
    await republishStreams(system, [...ids], context);
  });
}

async function republishStreams(
  { store, log, nameOf }: OpenedSystem,
  ids: readonly string[],
  context: CommandContext,
): Promise<void> {
  const auth = openAuthOps(store);
  const copies = createErasedEventCopyRecorder(auth, log);
  const recordsOf = createRecordEncoder(auth, (await readEventKeysFromSettings(context)).signer);
  const bus = createRepublisher(context, { bus: log.bus, journal: auth.journal, recordsOf, ...copies });
  for (const id of ids) {
    const stream = await auth.journal.stream(id);
    if (stream === undefined) throw new Error(`the journal has no account ${id}`);
    const names = await publish(bus, await recordsOf(stream), nameOf);
    if (stream.events.at(-1)?.event.type === 'AccountErased') await copies.noteCopies?.(id);
    context.print(
      `${id}: events 1 to ${stream.events.length} are on ${names.join(', ')} again. Consumers skip events that they already have.`,
    );
  }
  context.print(
    ids.length === 1
      ? 'If it is parked because it missed one of them, the user service unparks it.'
      : 'If one of them is parked because it missed an event, the user service unparks it.',
  );
}

/**
 * Publishes all events of an account again. @returns the names of the topics to which events were appended
 */
async function publish(
  bus: Republisher,
  records: readonly EncodedEvent[],
  nameOf: (topic: string) => string,
): Promise<readonly string[]> {
  const byTopic = Map.groupBy(records, ({ topic }) => nameOf(topic));
  for (const [name, ofTopic] of byTopic) await bus.publish(name, ofTopic);
  return [...byTopic.keys()];
}
