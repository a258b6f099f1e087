/** What the journal keeps in MongoDB, and the indexes that hold its promises. */
import { type Index, plainSchema } from '@latchkey/mongo';
import type { Commit, Registration, Snapshot } from '../../ports/journal.ts';

export const COMMITS = 'auth_commits';
export const SNAPSHOTS = 'auth_snapshots';
export const FINGERPRINTS = 'auth_fingerprints';
export const MOVES = 'auth_moves';

/**
 * A commit is one document: its insert is the whole transaction. What comes and goes with the outbox and with a
 * living registration stands in a subdocument of its own, unset as a whole: so their sparse indexes hold
 * nothing else, although they have several keys.
 */
export interface CommitDocument extends Omit<Commit, 'commandId' | 'address' | 'events'> {
  /** The command's id. */
  readonly _id: string;
  readonly events: unknown;
  /** In the outbox. */
  readonly unpublished?: Pick<Commit, 'stream' | 'number' | 'at'>;
  /** Until the account is verified or ended. */
  readonly registration?: Registration;
}

const text = { type: String, required: true } as const;
const whole = { type: Number, required: true } as const;

export const commitSchema = () =>
  plainSchema<CommitDocument>({
    _id: text,
    stream: text,
    number: whole,
    sequence: whole,
    events: { type: [Object], required: true },
    // Without this, mongoose makes it an empty list, of which the unique index allows one.
    claims: { type: [String], default: undefined },
    correlationId: text,
    traceparent: String,
    at: text,
    unpublished: plainSchema({ stream: text, number: whole, at: text }),
    registration: plainSchema({ stream: text, address: text, at: text }),
  });

export type SnapshotDocument = Omit<Snapshot, 'stream'> & { readonly _id: string };

export function snapshotSchema() {
  return plainSchema<SnapshotDocument>({
    _id: text,
    number: whole,
    sequence: whole,
    stateVersion: whole,
    state: Object,
  });
}

export interface FingerprintDocument {
  /** The key's name. */
  readonly _id: string;
  readonly fingerprint: string;
}

export function fingerprintSchema() {
  return plainSchema<FingerprintDocument>({ _id: text, fingerprint: text });
}

/** A move of another store into this database, while it is under way and afterwards. */
export interface MoveDocument {
  readonly _id: string;
  readonly begunAt: Date;
  readonly endedAt?: Date;
}

export function moveSchema() {
  return plainSchema<MoveDocument>({ _id: text, begunAt: { type: Date, required: true }, endedAt: Date });
}

export const journalIndexes: readonly Index[] = [
  { collection: COMMITS, name: 'stream', keys: { stream: 1, number: 1 }, unique: true },
  { collection: COMMITS, name: 'claims', keys: { claims: 1 }, unique: true, sparse: true },
  {
    collection: COMMITS,
    name: 'unpublished_by_time',
    keys: { 'unpublished.at': 1, 'unpublished.stream': 1 },
    sparse: true,
  },
  {
    collection: COMMITS,
    name: 'unpublished_by_stream',
    keys: { 'unpublished.stream': 1, 'unpublished.number': 1 },
    sparse: true,
  },
  {
    collection: COMMITS,
    name: 'living_by_address',
    keys: { 'registration.address': 1, 'registration.at': -1, 'registration.stream': -1 },
    sparse: true,
  },
  {
    collection: COMMITS,
    name: 'living_by_time',
    keys: { 'registration.at': 1, 'registration.stream': 1 },
    sparse: true,
  },
];
