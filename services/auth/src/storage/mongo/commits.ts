import { createStrictMongooseSchema, type MongoIndex } from '@latchkey/mongo';
import type { DueErasure } from '../../ports/erasures.ts';
import type { Commit } from '../../ports/journal.ts';
import type { OpenRegistration } from '../../ports/registrations.ts';
import { upcastStoredEvents } from '../stored-events.ts';

export const COMMITS_COLLECTION = 'auth_commits';

/**
 * A commit in MongoDB. It is a single document, which is inserted atomically without a transaction. The
 * outbox entry, the open registration and the scheduled erasure are subdocuments, each with a sparse index.
 * Each of them stands for work that is still to be done. When the work is done, the whole subdocument is
 * removed, and with it the entry in the index.
 */
export interface CommitDocument extends Omit<Commit, 'commandId' | 'address' | 'eraseAt' | 'events'> {
  /** The id of the command that led to the commit. */
  readonly _id: string;
  readonly events: unknown;
  /** The outbox entry of the commit. Removed once the commit is published. */
  readonly unpublished?: Pick<Commit, 'stream' | 'number' | 'at'>;
  /** The open registration that the commit began. Removed once the account is verified or has ended. */
  readonly registration?: OpenRegistration;
  /** The erasure that the commit has scheduled. Removed once it is carried out or dropped. */
  readonly erasure?: DueErasure;
}

const text = { type: String, required: true } as const;
const whole = { type: Number, required: true } as const;

export function createCommitMongooseSchema() {
  return createStrictMongooseSchema<CommitDocument>({
    _id: text,
    stream: text,
    number: whole,
    sequence: whole,
    events: { type: [Object], required: true },
    // Store no empty list, which mongoose would do by default: the unique index allows only one document with
    // an empty list.
    claims: { type: [String], default: undefined },
    correlationId: text,
    traceparent: String,
    at: text,
    unpublished: createStrictMongooseSchema({ stream: text, number: whole, at: text }),
    registration: createStrictMongooseSchema({ stream: text, address: text, at: text }),
    erasure: createStrictMongooseSchema({ stream: text, number: whole, eraseAt: text }),
  });
}

export const commitIndexes: readonly MongoIndex[] = [
  { collection: COMMITS_COLLECTION, name: 'stream', keys: { stream: 1, number: 1 }, unique: true },
  { collection: COMMITS_COLLECTION, name: 'claims', keys: { claims: 1 }, unique: true, sparse: true },
  {
    collection: COMMITS_COLLECTION,
    name: 'unpublished_by_time',
    keys: { 'unpublished.at': 1, 'unpublished.stream': 1 },
    sparse: true,
  },
  {
    collection: COMMITS_COLLECTION,
    name: 'unpublished_by_stream',
    keys: { 'unpublished.stream': 1, 'unpublished.number': 1 },
    sparse: true,
  },
  {
    collection: COMMITS_COLLECTION,
    name: 'living_by_address',
    keys: { 'registration.address': 1, 'registration.at': -1, 'registration.stream': -1 },
    sparse: true,
  },
  {
    collection: COMMITS_COLLECTION,
    name: 'living_by_time',
    keys: { 'registration.at': 1, 'registration.stream': 1 },
    sparse: true,
  },
  {
    collection: COMMITS_COLLECTION,
    name: 'erasures',
    keys: { 'erasure.eraseAt': 1, 'erasure.stream': 1, 'erasure.number': 1 },
    sparse: true,
  },
  {
    collection: COMMITS_COLLECTION,
    name: 'role_changes',
    keys: { 'events.type': 1, stream: 1 },
    only: { 'events.type': 'RoleChanged' },
  },
];

/**
 * The read concern for all reads on which decisions or publishing depend. Other reads may return a write that
 * has not reached a majority of the replica set, and that a failover can roll back. If a later commit were
 * based on such a write, the rollback would leave a permanent gap in the stream.
 */
export const MAJORITY_READ_CONCERN = { readConcern: 'majority' } as const;

/**
 * The options for reading many commits. The driver decodes all documents of a response in one turn of the
 * event loop, and by default, a response may have 16 MB.
 */
export const COMMIT_READ_OPTIONS = { ...MAJORITY_READ_CONCERN, batchSize: 500 } as const;

/** Converts a new commit to its document, which includes an outbox entry. */
export function toCommitDocument({
  commandId,
  address,
  eraseAt,
  events,
  ...commit
}: Omit<Commit, 'events'> & { readonly events: readonly unknown[] }): CommitDocument {
  const { stream, number, at } = commit;
  return {
    _id: commandId,
    ...commit,
    events: [...events],
    unpublished: { stream, number, at },
    ...(address === undefined ? {} : { registration: { stream, address, at } }),
    ...(eraseAt === undefined ? {} : { erasure: { stream, number, eraseAt } }),
  };
}

/** Converts a document to its commit. @throws UnreadableCommit */
export function commitFromDocument({
  _id,
  events,
  unpublished: _,
  registration,
  erasure,
  ...commit
}: CommitDocument): Commit {
  return {
    ...commit,
    commandId: _id,
    events: upcastStoredEvents(commit.stream, commit.number, events),
    ...(registration === undefined ? {} : { address: registration.address }),
    ...(erasure === undefined ? {} : { eraseAt: erasure.eraseAt }),
  };
}
