/**
 * Finds the events whose records on the topics have no valid signature, and publishes these events again. The
 * operation may be interrupted and repeated, because the topics show which events still have no signature.
 * auth may publish events at the same time, because consumers skip events that they have already handled.
 */
import type { AuthOps } from '@latchkey/auth/ops';
import type { LogReader } from '@latchkey/bus';
import type { EncodedEvent } from '@latchkey/events';
import {
  createShards,
  createTopicIndex,
  createTopicReader,
  findUnsignedEvents,
  type JournaledStream,
  type LookUpPublicKey,
  type OnProgress,
  type ShardFilter,
  type TopicIndex,
} from '@latchkey/verify';
import type { Republisher } from './publish-again.ts';
import type { EncodeStreamRecords } from './records-of.ts';

export interface RepublishUnsignedEventsOptions {
  readonly auth: Pick<AuthOps, 'chain'> & { readonly journal: Pick<AuthOps['journal'], 'streams'> };
  readonly recordsOf: EncodeStreamRecords;
  readonly log: LogReader;
  readonly bus: Republisher;
  /** The full names of the topics on the log. */
  readonly topics: readonly string[];
  /** Maps Latchkey's own name of a topic to the topic's name on the log. */
  nameOf(topic: string): string;
  /** Looks up a public key by its id, among the keys that consumers accept. */
  readonly keyOf: LookUpPublicKey;
  /** The maximum number of records to hold in memory. If there are more, the topics are read several times. */
  readonly maxRecords: number;
  readonly onProgress: OnProgress;
}

export interface RepublishUnsignedEventsResult {
  /** The number of accounts and mailings whose events were added to the hash chain. */
  readonly chained: number;
  /** The number of accounts and mailings whose events were published again. */
  readonly published: number;
  /** The number of events that were published again. */
  readonly events: number;
  /** For each account or mailing that was left out, one line that says why. */
  readonly leftOut: readonly string[];
}

type Totals = {
  -readonly [Name in keyof RepublishUnsignedEventsResult]: RepublishUnsignedEventsResult[Name];
} & {
  readonly leftOut: string[];
};

/** Publishes all unsigned events again, with a signature. @throws the errors of the store and of the bus */
export async function republishUnsignedEvents(
  options: RepublishUnsignedEventsOptions,
): Promise<RepublishUnsignedEventsResult> {
  const { log, topics, maxRecords } = options;
  const ranges = await Promise.all(topics.map((name) => log.ranges(name)));
  const held = ranges.flat().reduce((sum, { start, end }) => sum + end - start, 0);
  const totals: Totals = { chained: 0, published: 0, events: 0, leftOut: [] };
  for (const shard of createShards(held, maxRecords)) await signShard(options, shard, totals);
  return totals;
}

async function signShard(
  options: RepublishUnsignedEventsOptions,
  shard: ShardFilter,
  totals: Totals,
): Promise<void> {
  const { auth, log, topics, onProgress } = options;
  const index = createTopicIndex(shard);
  await createTopicReader({ log, topics, index, onProgress }).readToEnd();
  for await (const streams of auth.journal.streams()) {
    const due: EncodedEvent[] = [];
    for (const stream of streams.filter(({ id }) => shard(id))) {
      const records = await recordsDue(options, { stream, index, totals });
      due.push(...records);
      if (records.length > 0) totals.published += 1;
    }
    await publishAll(options, due);
    totals.events += due.length;
    onProgress('events published again', totals.events);
  }
}

const RECORDS_PER_PUBLISH = 500;

async function publishAll(
  { bus, nameOf }: RepublishUnsignedEventsOptions,
  due: readonly EncodedEvent[],
): Promise<void> {
  for (const [topic, records] of Map.groupBy(due, (record) => nameOf(record.topic)))
    for (let from = 0; from < records.length; from += RECORDS_PER_PUBLISH)
      await bus.publish(topic, records.slice(from, from + RECORDS_PER_PUBLISH));
}

/**
 * Returns the records of a stream that must be published again: from the first event whose record on the
 * topic has no valid signature, to the last event on the topic.
 */
async function recordsDue(
  { auth, recordsOf, keyOf }: RepublishUnsignedEventsOptions,
  { stream, index, totals }: { readonly stream: JournaledStream; readonly index: TopicIndex; totals: Totals },
): Promise<readonly EncodedEvent[]> {
  const entry = index.entryOf(stream.id);
  // Only events that are on the topic are published again. An event may be missing there for two reasons:
  // auth has not published it yet, but will do so, or the broker has deleted it because of its age.
  const onTopic = { ...stream, events: stream.events.slice(0, entry.fingerprints.length) };
  const [first] = await findUnsignedEvents({ stream, entry, keyOf });
  const isChained = stream.events.every(({ chain }) => chain !== undefined);
  if (first === undefined && isChained) return [];
  try {
    if (stream.flaw !== undefined) throw new Error(`${stream.id} cannot be read: ${stream.flaw}`);
    if (!isChained) {
      await auth.chain(stream.id);
      totals.chained += 1;
    }
    return first === undefined ? [] : (await recordsOf(onTopic)).slice(first.event.sequence - 1);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Error') throw error;
    totals.leftOut.push(error.message);
    return [];
  }
}
