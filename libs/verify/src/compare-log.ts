/** Compares one stream of the journal with its records on the topic. */
import type { LatchkeyEvent } from '@latchkey/events';
import { formatDurationInLargestUnit } from './age.ts';
import type { Finding } from './findings.ts';
import { computePublishedFingerprint } from './fingerprints.ts';
import type { TopicEntry } from './topic-index.ts';
import type { JournaledEvent, JournaledStream } from './views.ts';

/**
 * The time within which a commit must be published, in ms. After a crash, the next sweep of the outbox
 * publishes the commit within two seconds. The remaining time is a safety margin.
 */
const PUBLISHED_WITHIN_MS = 10_000;

export interface StreamToCompare {
  readonly stream: JournaledStream;
  readonly entry: TopicEntry;
  /** The name of the topic on the log. */
  readonly topic: string;
  /**
   * Events that were appended before this time may have been deleted from the topic. Undefined if the topic
   * keeps everything.
   */
  readonly keptSince?: Date;
  readonly now: Date;
}

export interface LogComparison {
  readonly findings: readonly Finding[];
  /** How many of the stream's first events are on the topic, in the right order and without a gap. */
  readonly onTopic: number;
  /** The events of the stream that consumers may have received. */
  readonly visible: readonly LatchkeyEvent[];
  /** When the commits in the outbox were appended. */
  readonly unpublished: readonly Date[];
  /**
   * The number of records whose event is on the topic twice: first too early, before an earlier event of its
   * stream, and later again in the right order.
   */
  readonly repaired: number;
}

export function compareStreamWithLog(comparedStream: StreamToCompare): LogComparison {
  const { events } = comparedStream.stream;
  const expected = events.map(({ event }) => computePublishedFingerprint(event));
  const compared = { ...comparedStream, entry: asErased(comparedStream, expected) };
  const { stream, entry } = compared;
  const onTopic = commonPrefix(expected, entry.fingerprints);
  const rest = events.slice(onTopic);
  const early = new Set(
    entry.outOfOrder
      .filter(({ sequence, fingerprint }) => expected[sequence - 1] === fingerprint)
      .map(({ sequence }) => sequence),
  );

  return {
    onTopic,
    findings: [
      ...brokenJournal(stream),
      ...rest.flatMap((event) => missingEvent(compared, event, expected[event.event.sequence - 1], early)),
      ...staleCommits(compared),
      ...unknownEvents(compared, expected),
      ...scatteredKey(compared),
    ],
    visible: [
      ...events.slice(0, onTopic),
      ...rest.filter(({ published, at }) => published && mayBeDeleted(compared, at)),
    ].map(({ event }) => event),
    unpublished: [...outboxCommits(stream).values()],
    repaired: [...early].filter((sequence) => sequence <= onTopic).length,
  };
}

/**
 * The types of first events. An account begins with UserRegistered; a mailing consists of one MailRequested.
 */
const FIRST_EVENTS = new Set(['UserRegistered', 'MailRequested']);

function brokenJournal(stream: JournaledStream): readonly Finding[] {
  const first = stream.events[0]?.event.type;
  return [
    ...(stream.flaw === undefined ? [] : [finding(stream, 'journal-broken', stream.flaw)]),
    ...(first === undefined || FIRST_EVENTS.has(first)
      ? []
      : [finding(stream, 'journal-broken', `its first event is ${first}`)]),
  ];
}

/**
 * Returns a finding if the records of the stream are in several partitions, because consumers may then get
 * them in any order.
 */
function scatteredKey({ stream, entry, topic }: StreamToCompare): readonly Finding[] {
  const { partitions } = entry;
  if (partitions.length < 2) return [];
  const places = partitions.toSorted((a, b) => a - b).join(', ');
  return [finding(stream, 'key-scattered', `its records are in partitions ${places} of ${topic}`)];
}

function finding(
  { id }: JournaledStream,
  kind: Finding['kind'],
  message: string,
  sequence?: number,
): Finding {
  return { kind, subject: id, ...(sequence === undefined ? {} : { sequence }), message };
}

function commonPrefix(expected: readonly (number | undefined)[], onTopic: readonly number[]): number {
  const differing = expected.findIndex((each, index) => each === undefined || each !== onTopic[index]);
  return differing === -1 ? expected.length : differing;
}

/**
 * If the account is erased, makes the topic's events comparable with the journal. The topic may still contain
 * an event with its personal data, which was erased from the journal. Both count as the same event, so the
 * fingerprint without personal data is used.
 */
function asErased({ stream, entry }: StreamToCompare, expected: readonly (number | undefined)[]): TopicEntry {
  if (stream.events.at(-1)?.event.type !== 'AccountErased') return entry;
  function taken(index: number, fingerprint: number, impersonal: number | undefined): number {
    const wanted = expected[index];
    return wanted !== undefined && wanted === impersonal ? wanted : fingerprint;
  }
  return {
    ...entry,
    fingerprints: entry.fingerprints.map((each, index) => taken(index, each, entry.impersonal[index])),
    outOfOrder: entry.outOfOrder.map((each) => ({
      ...each,
      fingerprint: taken(each.sequence - 1, each.fingerprint, each.impersonal),
    })),
  };
}

/**
 * Returns a finding if the topic lacks an event of the journal, or contains a different event with the same
 * sequence. Returns no finding if the event's commit is not published yet.
 */
function missingEvent(
  compared: StreamToCompare,
  journaled: JournaledEvent,
  expected: number | undefined,
  early: ReadonlySet<number>,
): readonly Finding[] {
  const { stream, entry, topic } = compared;
  const { sequence, type } = journaled.event;
  const name = `event ${sequence} (${type})`;
  if (expected === undefined)
    return [finding(stream, 'event-unpublishable', `${name} violates its contract`, sequence)];
  const found = entry.fingerprints[sequence - 1];
  // The topic contains the event. If the event is only out of order because an earlier event is missing or
  // differs, report nothing here, because that earlier event is reported.
  if (found === expected || early.has(sequence)) return [];
  if (found !== undefined)
    return [finding(stream, 'event-differs', `${topic} has a different event in place of ${name}`, sequence)];
  if (!journaled.published || mayBeDeleted(compared, journaled.at)) return [];
  return [
    finding(stream, 'event-missing', `${name} is marked as published but is not on ${topic}`, sequence),
  ];
}

function mayBeDeleted({ keptSince }: StreamToCompare, at: string): boolean {
  return keptSince !== undefined && Date.parse(at) < keptSince.getTime();
}

function outboxCommits({ events }: JournaledStream): ReadonlyMap<number, Date> {
  return new Map(
    events.filter(({ published }) => !published).map(({ commit, at }) => [commit, new Date(at)]),
  );
}

function staleCommits({ stream, now }: StreamToCompare): readonly Finding[] {
  return [...outboxCommits(stream)].flatMap(([commit, at]) => {
    const age = now.getTime() - at.getTime();
    if (age < PUBLISHED_WITHIN_MS) return [];
    return [
      finding(
        stream,
        'commit-unpublished',
        `commit ${commit} has been unpublished for ${formatDurationInLargestUnit(age)}`,
      ),
    ];
  });
}

/** Reports records of events that the journal does not contain. */
function unknownEvents(
  { stream, entry, topic }: StreamToCompare,
  expected: readonly (number | undefined)[],
): readonly Finding[] {
  const { length } = expected;
  const beyond = entry.fingerprints.slice(length).map((_, index) => length + index + 1);
  const early = entry.outOfOrder.filter(({ sequence }) => sequence > length);
  const different = entry.outOfOrder.filter(
    ({ sequence, fingerprint }) => sequence <= length && expected[sequence - 1] !== fingerprint,
  );
  return [
    ...[...beyond, ...early.map(({ sequence }) => sequence)].map((sequence) =>
      finding(
        stream,
        'event-unknown',
        `${topic} has an event ${sequence} that the journal does not have`,
        sequence,
      ),
    ),
    ...different.map(({ sequence }) =>
      finding(stream, 'event-differs', `${topic} also has a different event ${sequence}`, sequence),
    ),
  ];
}
