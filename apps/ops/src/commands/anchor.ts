/**
 * Creates and reads anchors. An anchor is a signed Merkle root over the last hashes of all hash chains. By
 * comparing the journal with an anchor, `verify` detects whether earlier events were changed or removed.
 */
import { Option } from '@commander-js/extra-typings';
import { openAuthOps } from '@latchkey/auth/ops';
import type { LogReader } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, accountsTopic } from '@latchkey/events';
import { createTextFile, readTextFile } from '@latchkey/process';
import {
  type Anchor,
  type AnchorsToCompare,
  assembleAnchors,
  createAnchor,
  findAnchorFlaw,
  parseAnchor,
  selectGenuineAnchors,
  splitAnchorIntoParts,
} from '@latchkey/verify';
import type { CommandContext } from '../context.ts';
import { readEventKeysFromSettings, readPublicEventKeys } from '../keys.ts';
import { formatCount } from '../output/progress.ts';
import { retryUntilReachable } from '../patience.ts';
import { formatExamples, type OpsProgram } from '../program.ts';
import { withOpenedStore } from '../stores.ts';
import { type OpenedSystem, withOpenedSystem } from '../system.ts';
import { parseTopicName } from './republish.ts';
import { createTopicReplicatedLike } from './topics.ts';

/** The prefix that distinguishes the name of a topic from the name of a file. */
const TOPIC_PREFIX = 'topic:';

export function addAnchorCommand(program: OpsProgram, context: CommandContext): void {
  const command = program
    .command('anchor')
    .description('write a signed Merkle root over the hash chains of all accounts and mailings')
    .argument('[file]', 'file for the anchor; must not exist')
    .addOption(
      new Option(
        '--topic <name>',
        'append the anchor to this topic, which is created if it is missing',
      ).argParser(parseTopicName),
    )
    .addHelpText('after', formatExamples('anchor anchor-2026-12-01.json', 'anchor --topic anchors.v1'))
    .action((file, { topic }) => {
      if (file !== undefined && topic === undefined) return anchorToFile(file, context);
      if (file === undefined && topic !== undefined) return anchorToTopic(topic, context);
      return command.error('give either a file or --topic');
    });
}

function anchorToFile(file: string, context: CommandContext): Promise<void> {
  return withOpenedStore(context, async (store) => {
    const anchor = await newAnchor(store, context);
    if (!(await createTextFile(file, `${JSON.stringify(anchor)}\n`)))
      throw new Error(`${file} exists: choose another name`);
    report(file, anchor, context);
  });
}

function anchorToTopic(topic: string, context: CommandContext): Promise<void> {
  return withOpenedSystem(context, async (system) => {
    const { store, log, nameOf } = system;
    if (topic === nameOf(ACCOUNTS_TOPIC))
      throw new Error(`${topic} has events of accounts: choose another name`);
    const anchor = await newAnchor(store, context);
    const { partitions, retentionMs } = accountsTopic;
    await createTopicReplicatedLike(context, system, nameOf(ACCOUNTS_TOPIC), {
      partitions,
      retentionMs,
      name: topic,
    });
    const records = splitAnchorIntoParts(anchor).map((text) => ({
      key: anchor.at,
      value: Buffer.from(text),
      headers: {},
    }));
    await retryUntilReachable(context, 'Kafka', () => log.bus.publish(topic, records));
    report(topic, anchor, context);
  });
}

async function newAnchor(store: OpenedSystem['store'], context: CommandContext): Promise<Anchor> {
  const { signText } = await readEventKeysFromSettings(context);
  return createAnchor(openAuthOps(store).journal, { at: new Date(), sign: signText });
}

function report(place: string, { heads, at, root }: Anchor, context: CommandContext): void {
  context.print(`${place}: ${formatCount(heads.length, 'chain')} at ${at}, root ${root}`);
  context.print(
    'Store the anchor, or at least its root, where nobody who can write to the journal can change it.',
  );
}

/**
 * Reads the anchor in a file, or all anchors on a topic.
 * @param place a file, or `topic:` and the name of a topic
 * @throws Error with a one-line message if no anchor has a valid signature and root
 */
export async function readAnchors(
  place: string,
  reader: LogReader,
  context: CommandContext,
): Promise<AnchorsToCompare> {
  const keys = await readPublicEventKeys(context);
  if (keys === undefined)
    throw new Error('EVENT_SIGNING_KEYS, or JWKS_URL: required to check that an anchor is genuine');
  function flawOf(anchor: Anchor): string | undefined {
    return findAnchorFlaw(anchor, (kid) => keys?.get(kid));
  }
  if (place.startsWith(TOPIC_PREFIX)) {
    const topic = place.slice(TOPIC_PREFIX.length);
    const anchors = selectGenuineAnchors(assembleAnchors(await textsIn(topic, reader)), flawOf);
    for (const { message } of anchors.findings) context.note(`${topic}: ${message}`);
    if (anchors.genuine.length === 0) throw new Error(`${topic} has no genuine anchor`);
    return anchors;
  }
  const text = await readTextFile(place);
  if (text === undefined) throw new Error(`${place} does not exist`);
  const anchor = parseAnchor(text);
  const flaw = flawOf(anchor);
  if (flaw !== undefined) throw new Error(`${place} is not a genuine anchor: ${flaw}`);
  return { genuine: [anchor], findings: [] };
}

async function textsIn(topic: string, reader: LogReader): Promise<readonly string[]> {
  if (!(await reader.topics()).includes(topic)) throw new Error(`there is no topic ${topic}`);
  const texts: string[] = [];
  for (const range of await reader.ranges(topic))
    for await (const records of reader.read(topic, range))
      texts.push(...records.map(({ value }) => value?.toString('utf8') ?? ''));
  return texts;
}
