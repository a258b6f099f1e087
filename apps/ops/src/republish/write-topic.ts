/**
 * Writes the events of all accounts from the journal to a topic, for each account in order and without gaps.
 * If the operation is interrupted, it can be repeated. It can also be repeated later to add newer events,
 * because it continues after the events that the topic already contains. Commits that auth has not published
 * yet are left out, because a running auth will publish them.
 */
import type { LogReader } from '@latchkey/bus';
import type { EncodedEvent } from '@latchkey/events';
import {
  computePublishedFingerprint,
  createShards,
  createTopicIndex,
  createTopicReader,
  type JournaledStream,
  type JournalView,
  type OnProgress,
  type ShardFilter,
  type TopicIndex,
} from '@latchkey/verify';
import type { Republisher } from './publish-again.ts';
import type { EncodeStreamRecords } from './records-of.ts';

export interface WriteTopicOptions {
  readonly journal: Pick<JournalView, 'streams'>;
  readonly recordsOf: EncodeStreamRecords;
  readonly log: LogReader;
  readonly bus: Republisher;
  /** The name of the existing topic to which the events are written. */
  readonly topic: string;
  /**
   * Called for an erased account after its events were written without the person's data, if the topic still
   * contains the original events. Undefined for a log that replaces records in place.
   */
  noteCopies?(account: string): Promise<void>;
  /**
   * The maximum number of records of the topic to hold in memory. If the topic has more records, it is read
   * several times.
   */
  readonly maxRecords: number;
  readonly onProgress: OnProgress;
}

export interface WriteTopicResult {
  readonly accounts: number;
  /** The number of events that the topic now contains, over all accounts. */
  readonly events: number;
  /** The number of events that this call wrote. */
  readonly added: number;
}

/**
 * Writes the events of all accounts to the topic.
 * @throws Error with a one-line message if the topic contains records that are not the first events of these
 * accounts; the errors of the bus
 */
export async function writeAccountEventsToTopic(options: WriteTopicOptions): Promise<WriteTopicResult> {
  const { log, topic, maxRecords } = options;
  const held = (await log.ranges(topic)).reduce((sum, { start, end }) => sum + end - start, 0);
  const totals = { accounts: 0, events: 0, added: 0 };
  for (const shard of createShards(held, maxRecords)) {
    for await (const written of writeShard(options, shard)) {
      totals.accounts += written.accounts;
      totals.events += written.events;
      totals.added += written.added;
      options.onProgress('events on the topic', totals.events);
    }
  }
  return totals;
}

async function* writeShard(options: WriteTopicOptions, shard: ShardFilter): AsyncGenerator<WriteTopicResult> {
  const { journal, log, topic, onProgress } = options;
  const index = createTopicIndex(shard);
  await createTopicReader({ log, topics: [topic], index, onProgress }).readToEnd();
  for await (const streams of journal.streams()) {
    const accounts = streams.filter((stream) => shard(stream.id) && !isMailing(stream));
    for (const { id } of accounts) index.markInJournal(id);
    yield await writeAccounts(options, accounts, index);
  }
  for (const subject of index.notInJournal()) throw conflict(topic, subject);
}

function isMailing({ events }: JournaledStream): boolean {
  return events[0]?.event.type === 'MailRequested';
}

const RECORDS_PER_PUBLISH = 500;

async function writeAccounts(
  { bus, topic, recordsOf, noteCopies }: WriteTopicOptions,
  accounts: readonly JournaledStream[],
  index: TopicIndex,
): Promise<WriteTopicResult> {
  const parts: DueRecords[] = [];
  for (const account of accounts) parts.push(await recordsDue(account, { index, topic, recordsOf }));
  const due = parts.flatMap(({ records }) => records);
  for (let at = 0; at < due.length; at += RECORDS_PER_PUBLISH)
    await bus.publish(topic, due.slice(at, at + RECORDS_PER_PUBLISH));
  for (const { erased } of parts) if (erased !== undefined) await noteCopies?.(erased);
  return {
    accounts: parts.filter(({ events }) => events > 0).length,
    events: parts.reduce((sum, { events }) => sum + events, 0),
    added: due.length,
  };
}

interface DueRecords {
  /** The records of the account that the topic does not contain yet. */
  readonly records: readonly EncodedEvent[];
  /** How many of the account's events the topic will contain once `records` are written. */
  readonly events: number;
  /** The id of the account if the account is erased and the topic contains events with the person's data. */
  readonly erased?: string;
}

/**
 * Returns the records of an account to append to the topic.
 * @throws Error with a one-line message if the topic contains events of the account that the journal does not
 * contain
 */
async function recordsDue(
  account: JournaledStream,
  {
    index,
    topic,
    recordsOf,
  }: Pick<WriteTopicOptions, 'topic' | 'recordsOf'> & { readonly index: TopicIndex },
): Promise<DueRecords> {
  const { id, events } = account;
  const records = await recordsOf(asPublished(account));
  const { fingerprints, impersonal, outOfOrder } = index.entryOf(id);
  const isErased = events.at(-1)?.event.type === 'AccountErased';
  const expected = events.map(({ event }) => computePublishedFingerprint(event));
  const found = [
    ...fingerprints.map((fingerprint, at) => ({ sequence: at + 1, fingerprint, impersonal: impersonal[at] })),
    ...outOfOrder,
  ];
  const personal = new Set<number>();
  const published = new Set<number>();
  for (const record of found) {
    const wanted = expected[record.sequence - 1];
    if (wanted === undefined) throw conflict(topic, id);
    if (wanted === record.fingerprint) published.add(record.sequence);
    else if (isErased && wanted === record.impersonal) personal.add(record.sequence);
    else throw conflict(topic, id);
  }
  // Only the records of an erased account may be out of order: if the topic is not compacted, it contains the
  // events with the person's data, followed by the same events without this data.
  if (!isErased && outOfOrder.length > 0) throw conflict(topic, id);
  const isToBeErased = [...personal].some((sequence) => !published.has(sequence));
  return {
    records: isToBeErased ? records : records.slice(fingerprints.length),
    events: Math.max(records.length, fingerprints.length),
    ...(personal.size > 0 && { erased: id }),
  };
}

/**
 * Returns the account with its events up to the last published one. An earlier event may still be marked as
 * unpublished. It is included as well: auth publishes in order, so the log must already contain it.
 */
function asPublished(account: JournaledStream): JournaledStream {
  return {
    ...account,
    events: account.events.slice(0, account.events.findLastIndex(({ published }) => published) + 1),
  };
}

function conflict(topic: string, subject: string): Error {
  return new Error(`${topic} has events of ${subject} that the journal does not have: choose another name`);
}
