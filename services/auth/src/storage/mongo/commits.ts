import { createPlainSchema, type Index } from '@latchkey/mongo';
import type { DueErasure } from '../../ports/erasures.ts';
import type { Commit } from '../../ports/journal.ts';
import type { Registration } from '../../ports/registrations.ts';
import { readEvents } from '../stored-events.ts';

export const COMMITS_COLLECTION = 'auth_commits';

/**
 * A commit is one document, so one insert is the whole transaction. The outbox entry and the open registration are
 * subdocuments that are removed as a whole, so that their sparse indexes contain nothing else.
 */
export interface CommitDocument extends Omit<Commit, 'commandId' | 'address' | 'eraseAt' | 'events'> {
  /** The command's id. */
  readonly _id: string;
  readonly events: unknown;
  /** The outbox entry. Set while the commit is in the outbox. */
  readonly unpublished?: Pick<Commit, 'stream' | 'number' | 'at'>;
  /** The open registration. Set until the account is verified or ended. */
  readonly registration?: Registration;
  /** The open erasure. Removed once the account is erased, or will not be. */
  readonly erasure?: DueErasure;
}

const text = { type: String, required: true } as const;
const whole = { type: Number, required: true } as const;

export function commitSchema() {
  return createPlainSchema<CommitDocument>({
    _id: text,
    stream: text,
    number: whole,
    sequence: whole,
    events: { type: [Object], required: true },
    // Without this default, mongoose stores an empty list, and the unique index allows only one empty list.
    claims: { type: [String], default: undefined },
    correlationId: text,
    traceparent: String,
    at: text,
    unpublished: createPlainSchema({ stream: text, number: whole, at: text }),
    registration: createPlainSchema({ stream: text, address: text, at: text }),
    erasure: createPlainSchema({ stream: text, number: whole, eraseAt: text }),
  });
}

export const commitIndexes: readonly Index[] = [
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
 * The read concern for everything on which decisions or publishing depend. If a write has not reached a majority of
 * the replica set, a failover can roll it back. A commit that follows such a write would then follow a commit that no
 * longer exists, and there would be a permanent gap in the stream.
 */
export const MAJORITY_READ = { readConcern: 'majority' } as const;

/** Returns the document of a new commit, entered in the outbox. */
export function documentOf({
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

/** Returns the commit of a document. @throws UnreadableCommit */
export function commitOf({
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
    events: readEvents(commit.stream, commit.number, events),
    ...(registration === undefined ? {} : { address: registration.address }),
    ...(erasure === undefined ? {} : { eraseAt: erasure.eraseAt }),
  };
}
