import { guardMongo, modelOf } from '@latchkey/mongo';
import type { Connection, Model, QueryFilter } from 'mongoose';
import type { JournalPages, LyingCommit, OverLease } from '../../ports/verifying.ts';
import { orUnreadable, readEvents } from '../stored-events.ts';
import { COMMITS, type CommitDocument, commitSchema } from './commits.ts';
import { leasesIn } from './leases.ts';
import { requestsIn } from './requests.ts';

const PAGE = 500;
const MOST_LEASES = 1000;

/** The journal in MongoDB, to be read through. */
export function createMongoJournalPages(connection: Connection): JournalPages {
  const commits = modelOf(connection, COMMITS, commitSchema);
  const { page, ofStream, leasesOver } = guardMongo({
    page: (last?: LyingCommit) => pageAfter(commits, last),
    ofStream: async (stream: string) => (await found(commits, { stream })).map(lyingOf),
    leasesOver: (before: Date) => leasesOf(connection, before),
  });

  return {
    ofStream,
    leasesOver,
    async *pages() {
      let last: LyingCommit | undefined;
      do {
        const read: readonly LyingCommit[] = await page(last);
        if (read.length > 0) yield read;
        last = read.at(-1);
      } while (last !== undefined);
    },
  };
}

/** The rest of a stream first: each of the two is one range of the index. */
async function pageAfter(
  commits: Model<CommitDocument>,
  last: LyingCommit | undefined,
): Promise<readonly LyingCommit[]> {
  if (last === undefined) return (await found(commits, {}, PAGE)).map(lyingOf);
  const { stream, number } = last;
  const rest = await found(commits, { stream, number: { $gt: number } }, PAGE);
  const page = rest.length > 0 ? rest : await found(commits, { stream: { $gt: stream } }, PAGE);
  return page.map(lyingOf);
}

function found(commits: Model<CommitDocument>, filter: QueryFilter<CommitDocument>, limit = 0) {
  return (
    commits
      .find(filter, { claims: 0, registration: 0 })
      .sort({ stream: 1, number: 1 })
      .limit(limit)
      // What a failover could still take back must not get into Kafka.
      .readConcern('majority')
      .lean()
  );
}

function lyingOf({ _id, events, unpublished, ...commit }: CommitDocument): LyingCommit {
  return {
    ...commit,
    commandId: _id,
    published: unpublished === undefined,
    events: orUnreadable(() => readEvents(commit.stream, commit.number, events)),
  };
}

async function leasesOf(connection: Connection, before: Date): Promise<readonly OverLease[]> {
  const [jobs, requests] = await Promise.all([
    leasesIn(connection)
      .find({ until: { $lt: before } })
      .limit(MOST_LEASES)
      .lean(),
    requestsIn(connection)
      .find({ leasedUntil: { $lt: before }, owner: { $exists: true } })
      .limit(MOST_LEASES)
      .lean(),
  ]);
  return [
    ...jobs.map(({ _id, until }) => ({ of: 'job', name: _id, endedAt: until }) as const),
    ...requests.map(({ _id, leasedUntil }) => ({ of: 'request', name: _id, endedAt: leasedUntil }) as const),
  ];
}
