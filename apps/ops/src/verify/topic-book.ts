/** What the topics hold of each account, in little space. */
import type { BusRecord } from '@latchkey/bus';
import { type Decoded, decode } from '@latchkey/events';
import { printOf } from './prints.ts';

/** Of one account (or mailing). */
export interface TopicEntry {
  /** Of its events in the order of their first occurrences, from sequence 1 without a gap. */
  readonly prints: readonly number[];
  /** Records that say the same as one before. */
  readonly repeated: number;
  /** Records that came before it was their turn, or say something else than the one before under their sequence. */
  readonly astray: readonly Stray[];
  /** Records that cannot be read. */
  readonly unreadable: number;
  /** Whether the journal knows it. */
  readonly known: boolean;
}

export interface Stray {
  readonly sequence: number;
  readonly print: number;
}

export interface TopicBook {
  take(records: readonly BusRecord[]): void;
  of(subject: string): TopicEntry;
  /** The journal knows it. */
  markKnown(subject: string): void;
  /** Subjects of the topics that the journal has not been found to know. */
  unknown(): IterableIterator<string>;
  /** Records whose key tells no subject. */
  withoutKey(): number;
}

type Growing = { -readonly [Name in keyof TopicEntry]: TopicEntry[Name] } & {
  readonly prints: number[];
  astray: Stray[];
};

const NO_STRAYS: Stray[] = [];
const NOTHING: TopicEntry = { prints: [], repeated: 0, astray: NO_STRAYS, unreadable: 0, known: false };

/** Holds of what `concerns` it about 300 bytes an account and 24 bytes an event. */
export function createTopicBook(concerns: (subject: string) => boolean): TopicBook {
  const entries = new Map<string, Growing>();
  let withoutKey = 0;

  function entryOf(subject: string): Growing {
    const found = entries.get(subject);
    if (found !== undefined) return found;
    const entry: Growing = { prints: [], repeated: 0, astray: NO_STRAYS, unreadable: 0, known: false };
    entries.set(subject, entry);
    return entry;
  }

  function take(record: BusRecord): void {
    const key = record.key?.toString('utf8') ?? '';
    if (!concerns(key)) return;
    const decoded = decode(record);
    if (decoded.kind === 'unusable') withoutKey += 1;
    else note(entryOf(key), decoded);
  }

  return {
    take: (records) => records.forEach(take),
    of: (subject) => entries.get(subject) ?? NOTHING,
    markKnown(subject) {
      entryOf(subject).known = true;
    },
    *unknown() {
      for (const [subject, { known }] of entries) if (!known) yield subject;
    },
    withoutKey: () => withoutKey,
  };
}

function note(entry: Growing, decoded: Exclude<Decoded, { kind: 'unusable' }>): void {
  if (decoded.kind === 'undecodable') {
    entry.unreadable += 1;
    return;
  }
  const event = decoded.kind === 'event' ? decoded.event : { ...decoded.envelope, type: decoded.type };
  const { sequence } = event;
  const print = printOf(event);
  if (sequence === entry.prints.length + 1) entry.prints.push(print);
  else if (entry.prints[sequence - 1] === print) entry.repeated += 1;
  else entry.astray = [...entry.astray, { sequence, print }];
}
