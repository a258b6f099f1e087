import { getCollectionModel, type LeaseDocument, mapMongoErrors } from '@latchkey/mongo';
import { readAllPages } from '@latchkey/store';
import type { ExpiredLease } from '@latchkey/verify';
import type { Connection, QueryFilter } from 'mongoose';
import type { StoredCommit, StoredCommitReader } from '../../ports/stored-commits.ts';
import { readOrReturnUnreadableCommit, upcastStoredEvents } from '../stored-events.ts';
import { COMMITS_COLLECTION, type CommitDocument, createCommitMongooseSchema } from './commits.ts';
import { openRequestModel } from './requests.ts';

export const AUTH_LEASES_COLLECTION = 'auth_leases';

const PAGE = 500;
const MAX_LEASES = 1000;

/** Read-only access to the journal in MongoDB. */
export function createMongoStoredCommits(connection: Connection): StoredCommitReader {
  const commits = getCollectionModel(connection, COMMITS_COLLECTION, createCommitMongooseSchema);

  async function find(filter: QueryFilter<CommitDocument>, limit = 0): Promise<readonly StoredCommit[]> {
    const documents = await commits
      .find(filter, { claims: 0, registration: 0 })
      .sort({ stream: 1, number: 1 })
      .limit(limit)
      // Read only commits that a majority of the replica set has: any other commit can still be rolled back,
      // and `republish` must not publish such commits.
      .readConcern('majority')
      .lean();
    return documents.map(storedCommitOf);
  }

  /**
   * Returns the page after a commit: the remaining commits of its stream or, if there are none, commits of
   * the following streams. Each of these queries reads a single range of the index.
   */
  async function pageAfter(last: StoredCommit | undefined): Promise<readonly StoredCommit[]> {
    if (last === undefined) return find({}, PAGE);
    const { stream, number } = last;
    const rest = await find({ stream, number: { $gt: number } }, PAGE);
    return rest.length > 0 ? rest : find({ stream: { $gt: stream } }, PAGE);
  }

  return mapMongoErrors<StoredCommitReader>({
    pages: () => readAllPages(pageAfter),
    ofStream: (stream) => find({ stream }),
    expiredLeases: (before) => expiredLeases(connection, before),
  });
}

function storedCommitOf({ _id, events, unpublished, ...commit }: CommitDocument): StoredCommit {
  return {
    ...commit,
    commandId: _id,
    published: unpublished === undefined,
    events: readOrReturnUnreadableCommit(() => upcastStoredEvents(commit.stream, commit.number, events)),
  };
}

async function expiredLeases(connection: Connection, before: Date): Promise<readonly ExpiredLease[]> {
  const [jobs, requests] = await Promise.all([
    connection
      .collection<LeaseDocument>(AUTH_LEASES_COLLECTION)
      .find({ until: { $lt: before } })
      .limit(MAX_LEASES)
      .toArray(),
    openRequestModel(connection)
      .find({ leasedUntil: { $lt: before }, owner: { $exists: true } })
      .limit(MAX_LEASES)
      .lean(),
  ]);
  return [
    ...jobs.map(({ _id, until }) => ({ of: 'job', name: _id, endedAt: until }) as const),
    ...requests.map(({ _id, leasedUntil }) => ({ of: 'request', name: _id, endedAt: leasedUntil }) as const),
  ];
}
