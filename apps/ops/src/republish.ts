/** Events on the log once more, from the journal: a whole topic under another name, or one account in place. */
import { parseArgs } from 'node:util';
import { openJournalView } from '@latchkey/auth/verifying';
import type { Bus } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, accountsTopic, type EncodedEvent, topics } from '@latchkey/events';
import { type Command, type Context, UsageError, type Work } from './command.ts';
import { patiently } from './patience.ts';
import { amount, counted } from './progress.ts';
import { recordsOf } from './republish/records-of.ts';
import { writeTopic } from './republish/write-topic.ts';
import { hasMongo } from './stores.ts';
import { type System, withSystem } from './system.ts';
import { tellLater } from './tell.ts';
import { withTopicsLike } from './topics.ts';

const TAKES = 'republish takes either --to TOPIC or --account ID, and nothing else';

/** Consumers skip what they have: no mail is sent, no profile changes. */
export const republishCommand: Command = {
  words: '--to TOPIC | --account ID',
  does: 'write the topic of accounts anew from the journal under another name, or an account again in place',
  read(words) {
    const { to, account } = parsed(words);
    if ((to === undefined) === (account === undefined)) throw new UsageError(TAKES);
    return account === undefined ? writingTopic(topicName(to ?? '')) : writingAccount(account);
  },
};

function parsed(words: readonly string[]) {
  try {
    const options = { to: { type: 'string' }, account: { type: 'string' } } as const;
    return parseArgs({ args: [...words], options }).values;
  } catch {
    throw new UsageError(TAKES);
  }
}

/** As brokers take it, and no name that something else depends on. @throws UsageError */
function topicName(name: string): string {
  if (!/^[\w.-]{1,200}$/.test(name) || /^\.+$/.test(name))
    throw new UsageError('--to is the name of a topic: letters, digits, dots, - and _');
  if (name.includes('.dlq.') || name.startsWith('mailings.'))
    throw new UsageError(`${name} is not a name for a topic of accounts`);
  return name;
}

const MAX_RECORDS = 500_000;

function writingTopic(name: string): Work {
  return (context) =>
    withSystem(context, async (system) => {
      const { backend, log, nameOf } = system;
      const inUse = nameOf(ACCOUNTS_TOPIC);
      if (topics.some((topic) => nameOf(topic.name) === name))
        throw new Error(
          `${name} is in use: give another name, or --account to write one account there again`,
        );
      await makeTopicLike(context, system, inUse, name);
      const { accounts, events, added } = await writeTopic({
        journal: openJournalView(backend),
        log: log.reader,
        // Leaders may move while it writes; what is sent twice is there twice, and skipped by consumers.
        bus: {
          publish: (topic, records) => patiently(context, 'Kafka', () => log.bus.publish(topic, records)),
        },
        topic: name,
        maxRecords: MAX_RECORDS,
        onProgress: tellLater(context),
      });
      context.say(
        `${name}: ${counted(events, 'event')} of ${counted(accounts, 'account')}, ${amount(added)} of them written now.`,
      );
    });
}

/** With the settings that the other has. One that is there and differs is an error. It has leaders afterwards. */
async function makeTopicLike(context: Context, { log }: System, model: string, name: string): Promise<void> {
  const specs = [{ ...accountsTopic, name }];
  if (hasMongo(context.environment))
    await withTopicsLike(context, model, (bus) => patiently(context, 'Kafka', () => bus.ensureTopics(specs)));
  else await log.bus.ensureTopics(specs);
  await patiently(context, 'Kafka', () => log.reader.ranges(name));
}

function writingAccount(id: string): Work {
  return (context) =>
    withSystem(context, async ({ backend, log, nameOf }) => {
      const stream = await openJournalView(backend).stream(id);
      if (stream === undefined) throw new Error(`the journal has no account ${id}`);
      const names = await publishAgain(log.bus, recordsOf(stream), nameOf);
      context.say(
        `${id}: events 1 to ${stream.events.length} are on ${names.join(', ')} again. Consumers skip what they have.`,
      );
      context.say(`If it is parked: npm run ops -- parked retry ${id}`);
    });
}

/** @returns where they are now */
async function publishAgain(
  bus: Pick<Bus, 'publish'>,
  records: readonly EncodedEvent[],
  nameOf: (topic: string) => string,
): Promise<readonly string[]> {
  const byTopic = Map.groupBy(records, ({ topic }) => nameOf(topic));
  for (const [name, some] of byTopic) await bus.publish(name, some);
  return [...byTopic.keys()];
}
