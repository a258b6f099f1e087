/**
 * Writes the events of all accounts to a topic, from the journal: each account's in order, without a gap. What is
 * there already stays and is gone on from, so that it may be broken off and repeated, and repeated for what has
 * come since. What stands at the end of the outbox is left to the relay: consumers cannot have it yet.
 */
import type { JournaledStream, JournalView } from '@latchkey/auth/verifying';
import type { Bus, LogReader } from '@latchkey/bus';
import type { EncodedEvent } from '@latchkey/events';
import type { Tell } from '../tell.ts';
import { followTopics } from '../verify/follow-topics.ts';
import { type Concerns, passesOver } from '../verify/passes.ts';
import { printOnArrival } from '../verify/prints.ts';
import { createTopicBook, type TopicBook } from '../verify/topic-book.ts';
import { recordsOf } from './records-of.ts';

export interface Writing {
  readonly journal: Pick<JournalView, 'streams'>;
  readonly log: LogReader;
  readonly bus: Pick<Bus, 'publish'>;
  /** It exists. */
  readonly topic: string;
  /** Records of it that are held at a time; where there are more, it takes several passes. */
  readonly recordsAtOnce: number;
  readonly progress: Tell;
}

export interface Written {
  readonly accounts: number;
  /** That are on the topic now. */
  readonly events: number;
  /** Of those, the ones that were not there before. */
  readonly added: number;
}

/** @throws Error of one line if the topic holds anything but the beginnings of these accounts; as the bus does */
export async function writeTopic(writing: Writing): Promise<Written> {
  const { log, topic, recordsAtOnce } = writing;
  const held = (await log.ranges(topic)).reduce((sum, { start, end }) => sum + end - start, 0);
  const totals = { accounts: 0, events: 0, added: 0 };
  for (const concerns of passesOver(held, recordsAtOnce)) {
    for await (const written of writePart(writing, concerns)) {
      totals.accounts += written.accounts;
      totals.events += written.events;
      totals.added += written.added;
      writing.progress('events on the topic', totals.events);
    }
  }
  return totals;
}

async function* writePart(writing: Writing, concerns: Concerns): AsyncGenerator<Written> {
  const { journal, log, topic, progress } = writing;
  const book = createTopicBook(concerns);
  await followTopics({ log, topics: [topic], book, progress }).readOn();
  for await (const streams of journal.streams()) {
    const accounts = streams.filter((stream) => concerns(stream.id) && !isMailing(stream));
    for (const { id } of accounts) book.markKnown(id);
    yield await writeAccounts(writing, accounts, book);
  }
  for (const subject of book.unknown()) throw foreign(topic, subject);
}

function isMailing({ events }: JournaledStream): boolean {
  return events[0]?.event.type === 'MailRequested';
}

const RECORDS_AT_ONCE = 500;

async function writeAccounts(
  { bus, topic }: Writing,
  accounts: readonly JournaledStream[],
  book: TopicBook,
): Promise<Written> {
  const parts = accounts.map((account) => recordsDue(account, book, topic));
  const due = parts.flatMap(({ records }) => records);
  for (let at = 0; at < due.length; at += RECORDS_AT_ONCE)
    await bus.publish(topic, due.slice(at, at + RECORDS_AT_ONCE));
  return {
    accounts: parts.filter(({ events }) => events > 0).length,
    events: parts.reduce((sum, { events }) => sum + events, 0),
    added: due.length,
  };
}

interface Due {
  /** What the topic lacks of an account. */
  readonly records: readonly EncodedEvent[];
  /** How many of its events are there with them. */
  readonly events: number;
}

/** @throws Error of one line if that cannot be written behind what the topic has */
function recordsDue(account: JournaledStream, book: TopicBook, topic: string): Due {
  const { id, events } = account;
  const records = recordsOf(asPublished(account));
  const { prints, astray } = book.of(id);
  const isBeginning = prints.every((print, index) => {
    const journaled = events[index];
    return journaled !== undefined && printOnArrival(journaled.event) === print;
  });
  if (!isBeginning || astray.length > 0) throw foreign(topic, id);
  return { records: records.slice(prints.length), events: Math.max(records.length, prints.length) };
}

/** Up to its last published event: one before it whose mark was lost is on the log all the same. */
function asPublished(account: JournaledStream): JournaledStream {
  return {
    ...account,
    events: account.events.slice(0, account.events.findLastIndex(({ published }) => published) + 1),
  };
}

function foreign(topic: string, subject: string): Error {
  return new Error(`${topic} holds what is not in the journal, or not so, of ${subject}: take another name`);
}
