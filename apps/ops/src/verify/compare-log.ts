/** One stream of the journal against what its topic holds of it. */
import type { JournaledEvent, JournaledStream } from '@latchkey/auth/verifying';
import type { LatchkeyEvent } from '@latchkey/events';
import type { Finding } from './findings.ts';
import { printOnArrival } from './prints.ts';
import type { TopicEntry } from './topic-book.ts';

/** The relay's sweep publishes what a crash left within two seconds. */
export const YOUNG_MS = 10_000;

export interface LogLook {
  readonly stream: JournaledStream;
  readonly entry: TopicEntry;
  /** As the topic is called. */
  readonly topic: string;
  /** What was appended before it may have been deleted from the topic by its age; without it, nothing is. */
  readonly keptSince?: Date;
  readonly now: Date;
}

export interface LogVerdict {
  readonly findings: readonly Finding[];
  /** How many events, from the first one on, the topic has in their order. */
  readonly reach: number;
  /** Events that consumers can have read. */
  readonly visible: readonly LatchkeyEvent[];
  /** When the commits that are in the outbox were appended. */
  readonly unpublished: readonly Date[];
  /** Records that came too early, and again when it was their turn. */
  readonly repaired: number;
}

export function compareLog(look: LogLook): LogVerdict {
  const { stream, entry } = look;
  const { events } = stream;
  const prints = events.map(({ event }) => printOnArrival(event));
  const reach = commonStart(prints, entry.prints);
  const rest = events.slice(reach);
  const early = new Set(
    entry.astray
      .filter(({ sequence, print }) => prints[sequence - 1] === print)
      .map(({ sequence }) => sequence),
  );

  return {
    reach,
    findings: [
      ...brokenJournal(stream),
      ...rest.flatMap((event) => flawOf(look, event, prints[event.event.sequence - 1], early)),
      ...staleCommits(look),
      ...foreign(look, prints),
    ],
    visible: [
      ...events.slice(0, reach),
      ...rest.filter(({ published, at }) => published && mayBeGone(look, at)),
    ].map(({ event }) => event),
    unpublished: [...commitsInOutbox(stream).values()],
    repaired: [...early].filter((sequence) => sequence <= reach).length,
  };
}

/** Every account begins with UserRegistered; a mailing is one MailRequested. */
const BEGINNINGS = new Set(['UserRegistered', 'MailRequested']);

function brokenJournal(stream: JournaledStream): readonly Finding[] {
  const beginning = stream.events[0]?.event.type;
  return [
    ...(stream.flaw === undefined ? [] : [finding(stream, 'journal-broken', stream.flaw)]),
    ...(beginning === undefined || BEGINNINGS.has(beginning)
      ? []
      : [finding(stream, 'journal-broken', `its first event is ${beginning}`)]),
  ];
}

function finding({ id }: JournaledStream, kind: Finding['kind'], says: string, sequence?: number): Finding {
  return {
    kind,
    subject: id,
    ...(sequence === undefined ? {} : { sequence }),
    says,
  };
}

function commonStart(prints: readonly (number | undefined)[], onTopic: readonly number[]): number {
  const differing = prints.findIndex((print, index) => print === undefined || print !== onTopic[index]);
  return differing === -1 ? prints.length : differing;
}

function nameOf({ event }: JournaledEvent): string {
  return `event ${event.sequence} (${event.type})`;
}

/** Why an event is not where it should be on its topic, unless its commit is still to be published. */
function flawOf(
  look: LogLook,
  journaled: JournaledEvent,
  print: number | undefined,
  early: ReadonlySet<number>,
): readonly Finding[] {
  const { stream, entry, topic } = look;
  const { sequence } = journaled.event;
  if (print === undefined)
    return [finding(stream, 'event-unpublishable', `${nameOf(journaled)} breaks its contract`, sequence)];
  const onTopic = entry.prints[sequence - 1];
  // Behind another that differs or is missing, it is where it should be.
  if (onTopic === print || early.has(sequence)) return [];
  if (onTopic !== undefined)
    return [
      finding(
        stream,
        'event-differs',
        `${topic} has another event in place of ${nameOf(journaled)}`,
        sequence,
      ),
    ];
  if (!journaled.published || mayBeGone(look, journaled.at)) return [];
  return [
    finding(
      stream,
      'event-missing',
      `${nameOf(journaled)} counts as published and is not on ${topic}`,
      sequence,
    ),
  ];
}

function mayBeGone({ keptSince }: LogLook, at: string): boolean {
  return keptSince !== undefined && Date.parse(at) < keptSince.getTime();
}

function commitsInOutbox({ events }: JournaledStream): ReadonlyMap<number, Date> {
  return new Map(
    events.filter(({ published }) => !published).map(({ commit, at }) => [commit, new Date(at)]),
  );
}

function staleCommits({ stream, now }: LogLook): readonly Finding[] {
  return [...commitsInOutbox(stream)].flatMap(([commit, at]) => {
    const age = now.getTime() - at.getTime();
    if (age < YOUNG_MS) return [];
    return [
      finding(stream, 'commit-unpublished', `commit ${commit} has been unpublished for ${inWords(age)}`),
    ];
  });
}

/** What the topic has and the journal has not. */
function foreign(
  { stream, entry, topic }: LogLook,
  prints: readonly (number | undefined)[],
): readonly Finding[] {
  const beyond = entry.prints.slice(prints.length).map((_, index) => prints.length + index + 1);
  const unknown = entry.astray
    .filter(({ sequence }) => sequence > prints.length)
    .map(({ sequence }) => sequence);
  const others = entry.astray.filter(
    ({ sequence, print }) => sequence <= prints.length && prints[sequence - 1] !== print,
  );
  return [
    ...[...beyond, ...unknown].map((sequence) =>
      finding(
        stream,
        'event-unknown',
        `${topic} has an event ${sequence} that the journal does not have`,
        sequence,
      ),
    ),
    ...others.map(({ sequence }) =>
      finding(stream, 'event-differs', `${topic} has another event ${sequence} besides`, sequence),
    ),
  ];
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const;

/** An age in its largest whole unit. */
export function inWords(ms: number): string {
  const [size, name] = UNITS.find(([unit]) => ms >= unit) ?? [1000, 's'];
  return `${Math.floor(ms / size)} ${name}`;
}
