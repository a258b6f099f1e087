/** A compact index of the events on the topics, per account and mailing. */
import type { BusRecord } from '@latchkey/bus';
import { type Decoded, decode } from '@latchkey/events';
import { fingerprint } from './fingerprints.ts';
import type { Shard } from './shards.ts';

/** The events of one account or mailing that the topics hold. */
export interface TopicEntry {
  /** Fingerprint of each event in order of first occurrence, from sequence 1, without a gap. */
  readonly fingerprints: readonly number[];
  /** Records that repeat an earlier one. */
  readonly repeated: number;
  /** Records that arrived too early, or that differ from the earlier record with their sequence. */
  readonly outOfOrder: readonly OutOfOrderRecord[];
  /** Records that cannot be decoded. */
  readonly unreadable: number;
  /** The partitions that its records are in: one, as long as nobody adds partitions and writes by their number. */
  readonly partitions: readonly number[];
  /** Whether the journal has a stream with this id. */
  readonly inJournal: boolean;
}

export interface OutOfOrderRecord {
  readonly sequence: number;
  readonly fingerprint: number;
}

export interface TopicIndex {
  add(records: readonly BusRecord[]): void;
  entryOf(subject: string): TopicEntry;
  markInJournal(subject: string): void;
  /** Subjects on the topics that have not been marked. */
  notInJournal(): IterableIterator<string>;
  /** How many records have a key that is not the id of an account or mailing. */
  recordsWithoutKey(): number;
}

type MutableEntry = { -readonly [Name in keyof TopicEntry]: TopicEntry[Name] } & {
  readonly fingerprints: number[];
};

const EMPTY: TopicEntry = {
  fingerprints: [],
  repeated: 0,
  outOfOrder: [],
  unreadable: 0,
  partitions: [],
  inJournal: false,
};

/** Uses about 300 bytes per account of the shard and 24 bytes per event. */
export function createTopicIndex(shard: Shard): TopicIndex {
  const entries = new Map<string, MutableEntry>();
  let withoutKey = 0;

  function mutableEntry(subject: string): MutableEntry {
    const found = entries.get(subject);
    if (found !== undefined) return found;
    const entry = { ...EMPTY, fingerprints: [] };
    entries.set(subject, entry);
    return entry;
  }

  function addRecord(record: BusRecord): void {
    const key = record.key?.toString('utf8') ?? '';
    if (!shard(key)) return;
    const decoded = decode(record);
    if (decoded.kind === 'unusable') {
      withoutKey += 1;
      return;
    }
    const entry = mutableEntry(key);
    if (!entry.partitions.includes(record.partition))
      entry.partitions = [...entry.partitions, record.partition];
    addTo(entry, decoded);
  }

  return {
    add: (records) => records.forEach(addRecord),
    entryOf: (subject) => entries.get(subject) ?? EMPTY,
    markInJournal(subject) {
      mutableEntry(subject).inJournal = true;
    },
    *notInJournal() {
      for (const [subject, { inJournal }] of entries) if (!inJournal) yield subject;
    },
    recordsWithoutKey: () => withoutKey,
  };
}

function addTo(entry: MutableEntry, decoded: Exclude<Decoded, { kind: 'unusable' }>): void {
  if (decoded.kind === 'undecodable') {
    entry.unreadable += 1;
    return;
  }
  const event = decoded.kind === 'event' ? decoded.event : { ...decoded.envelope, type: decoded.type };
  const { sequence } = event;
  const seen = fingerprint(event);
  if (sequence === entry.fingerprints.length + 1) entry.fingerprints.push(seen);
  else if (entry.fingerprints[sequence - 1] === seen) entry.repeated += 1;
  else entry.outOfOrder = [...entry.outOfOrder, { sequence, fingerprint: seen }];
}
