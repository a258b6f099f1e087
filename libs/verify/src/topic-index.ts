/** A compact index of the events on the topics, by account or mailing. */
import type { BusRecord } from '@latchkey/bus';
import {
  type Decoded,
  decodeWithProof,
  isHeartbeat,
  type Provenance,
  type Signature,
  subjectOfKey,
} from '@latchkey/events';
import { computeEventFingerprint, computeHashFingerprint, redactPerson } from './fingerprints.ts';
import type { ShardFilter } from './shards.ts';

/** The events of one account or mailing on the topics. */
export interface TopicEntry {
  /**
   * The fingerprints of the events. The fingerprint at index 0 belongs to the event with sequence 1, and
   * there are no gaps.
   */
  readonly fingerprints: readonly number[];
  /** The fingerprints of the same events without their personal data, in the same order as `fingerprints`. */
  readonly impersonal: readonly number[];
  /**
   * The first 48 bits of each event's hash (`computeHashFingerprint`), in the same order as `fingerprints`.
   * `NO_HASH` if no record of the event has a hash that matches its content.
   */
  readonly hashes: readonly number[];
  /**
   * The signatures of the events with the highest sequences. They are not verified yet. The signature of an
   * event also covers all earlier events.
   */
  readonly signatures: readonly SignedSequence[];
  /** How many records of the account or mailing repeat an earlier record. */
  readonly repeated: number;
  /**
   * The records that came before an earlier event, or that differ from an earlier record with the same
   * sequence.
   */
  readonly outOfOrder: readonly OutOfOrderRecord[];
  /** How many records of the account or mailing cannot be decoded. */
  readonly unreadable: number;
  /**
   * The partitions that contain records of this account or mailing. All of its records are in one partition,
   * unless partitions were added to the topic after its first records.
   */
  readonly partitions: readonly number[];
  /** Whether the journal has a stream with this id. */
  readonly inJournal: boolean;
}

export interface OutOfOrderRecord {
  readonly sequence: number;
  readonly fingerprint: number;
  /** The fingerprint of the event without its personal data, as it is after an erasure. */
  readonly impersonal: number;
  /** The fingerprint of the record's hash, in the format of `hashes`. */
  readonly hash: number;
}

export interface SignedSequence {
  readonly sequence: number;
  readonly signature: Signature;
}

/** The value in `hashes` of an event without a hash that matches its content. */
export const NO_HASH = -1;

export interface TopicIndex {
  add(records: readonly BusRecord[]): void;
  entryOf(subject: string): TopicEntry;
  markInJournal(subject: string): void;
  /** Yields the accounts and mailings on the topics that were not marked as being in the journal. */
  notInJournal(): IterableIterator<string>;
  /**
   * Returns how many records cannot be assigned to an account or mailing, because their key contains no id.
   */
  recordsWithoutKey(): number;
}

type MutableEntry = { -readonly [Name in keyof TopicEntry]: TopicEntry[Name] } & {
  readonly fingerprints: number[];
  readonly impersonal: number[];
  readonly hashes: number[];
};

const EMPTY: TopicEntry = {
  fingerprints: [],
  impersonal: [],
  hashes: [],
  signatures: [],
  repeated: 0,
  outOfOrder: [],
  unreadable: 0,
  partitions: [],
  inJournal: false,
};

/**
 * Creates an index of the accounts and mailings in a shard. It needs about 600 bytes of memory per account,
 * and 40 bytes per event.
 */
export function createTopicIndex(shard: ShardFilter): TopicIndex {
  const entries = new Map<string, MutableEntry>();
  let withoutKey = 0;

  function mutableEntry(subject: string): MutableEntry {
    const found = entries.get(subject);
    if (found !== undefined) return found;
    const entry = { ...EMPTY, fingerprints: [], impersonal: [], hashes: [] };
    entries.set(subject, entry);
    return entry;
  }

  function addRecord(record: BusRecord): void {
    if (isHeartbeat(record)) return;
    const subject = subjectOfKey(record.key);
    if (!shard(subject ?? record.key?.toString('utf8') ?? '')) return;
    const { decoded, provenance } = decodeWithProof(record);
    if (subject === undefined || decoded.kind === 'unusable') {
      withoutKey += 1;
      return;
    }
    const entry = mutableEntry(subject);
    if (!entry.partitions.includes(record.partition))
      entry.partitions = [...entry.partitions, record.partition];
    addTo(entry, decoded, provenance);
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

function addTo(
  entry: MutableEntry,
  decoded: Exclude<Decoded, { kind: 'unusable' }>,
  provenance: Provenance,
): void {
  if (decoded.kind === 'undecodable') {
    entry.unreadable += 1;
    return;
  }
  const event = decoded.kind === 'event' ? decoded.event : { ...decoded.envelope, type: decoded.type };
  const { sequence } = event;
  const fingerprinted = computeEventFingerprint(event);
  const rest = redactPerson(event);
  const impersonal = rest === event ? fingerprinted : computeEventFingerprint(rest);
  const hash = provenance.kind === 'intact' ? computeHashFingerprint(provenance.proof.hash) : NO_HASH;
  if (provenance.kind === 'intact') keepSignature(entry, sequence, provenance.proof.signature);
  place(entry, { sequence, fingerprint: fingerprinted, impersonal, hash });
}

/**
 * How many signatures are kept per account or mailing. Keeping only one would not be enough, because a forged
 * record may have a higher sequence than the last genuine event.
 */
const SIGNATURES_KEPT = 4;

function keepSignature(entry: MutableEntry, sequence: number, signature: Signature): void {
  const { signatures } = entry;
  if (signatures.some((kept) => kept.sequence === sequence && kept.signature === signature)) return;
  entry.signatures = [{ sequence, signature }, ...signatures]
    .toSorted((a, b) => b.sequence - a.sequence)
    .slice(0, SIGNATURES_KEPT);
}

function place(entry: MutableEntry, record: OutOfOrderRecord): void {
  const { sequence, fingerprint: seen, impersonal, hash } = record;
  const { fingerprints, hashes } = entry;
  const index = sequence - 1;
  if (index === fingerprints.length) {
    put(entry, record);
    return;
  }
  const isPlaced = index < fingerprints.length;
  if (isPlaced && hashes[index] === NO_HASH && entry.impersonal[index] === impersonal) hashes[index] = hash;
  if (fingerprints[index] === seen) {
    entry.repeated += 1;
    return;
  }
  // If the indexed record has no valid hash, but this record with the same sequence has one, index this
  // record instead, because consumers skip a record without a valid hash. The other record then counts as out
  // of order.
  const displaced = isPlaced && hash !== NO_HASH && hashes[index] === NO_HASH ? at(entry, sequence) : record;
  if (displaced !== record) put(entry, record);
  entry.outOfOrder = [...entry.outOfOrder, displaced];
}

function put(entry: MutableEntry, { sequence, fingerprint: seen, impersonal, hash }: OutOfOrderRecord): void {
  const index = sequence - 1;
  entry.fingerprints[index] = seen;
  entry.impersonal[index] = impersonal;
  entry.hashes[index] = hash;
}

function at({ fingerprints, impersonal, hashes }: MutableEntry, sequence: number): OutOfOrderRecord {
  const index = sequence - 1;
  return {
    sequence,
    fingerprint: fingerprints[index] ?? 0,
    impersonal: impersonal[index] ?? 0,
    hash: hashes[index] ?? NO_HASH,
  };
}
