import { mapMongoErrors } from '@latchkey/mongo';
import type { Connection, mongo } from 'mongoose';
import {
  MAX_COUNTED_UNPUBLISHED_COMMITS,
  type Outbox,
  type OutboxPage,
  type TimeSpan,
} from '../../ports/outbox.ts';
import { groupReadableCommitsByStream } from '../stored-events.ts';
import {
  COMMIT_READ_OPTIONS,
  COMMITS_COLLECTION,
  type CommitDocument,
  commitFromDocument,
} from './commits.ts';

const isUnpublished = { 'unpublished.at': { $exists: true } };

/** The outbox in MongoDB, stored as subdocuments of the unpublished commits. */
export function createMongoOutbox(connection: Connection): Outbox {
  const commits = connection.collection<CommitDocument>(COMMITS_COLLECTION);

  /**
   * Reads `limit` unpublished commits whose times are in a range, in the order of their times. If further
   * commits have the same time as the last one, reads them too.
   */
  async function readPage(at: mongo.Condition<string>, limit: number): Promise<OutboxPage> {
    const streams = new Set<string>();
    let [read, last] = [0, ''];
    // Read one more commit than the page needs, to find out whether there are more.
    const waiting = commits
      .find(
        { 'unpublished.at': at },
        { projection: { _id: 0, 'unpublished.stream': 1, 'unpublished.at': 1 } },
      )
      .sort({ 'unpublished.at': 1 })
      .batchSize(limit + 1);
    let hasMore = false;
    for await (const { unpublished } of waiting) {
      if (unpublished === undefined) continue;
      hasMore = read >= limit && unpublished.at !== last;
      if (hasMore) break;
      streams.add(unpublished.stream);
      [read, last] = [read + 1, unpublished.at];
    }
    return { streams: [...streams], ...(read > 0 && { last: new Date(last) }), hasMore };
  }

  /** Returns whether there is an unpublished commit that is not of a recent span of time. */
  async function isAnyOutside({ from, to }: TimeSpan): Promise<boolean> {
    const earlier = { 'unpublished.at': { $lt: from.toISOString() } };
    const later = { 'unpublished.at': { $gt: to.toISOString() } };
    return (await commits.findOne({ $or: [earlier, later] }, { projection: { _id: 1 } })) !== null;
  }

  return mapMongoErrors<Outbox>({
    async unpublished(streams) {
      // The query returns the commits of each stream in order, and new commits are only added after the
      // existing ones. If the result contains a commit, it therefore also contains all earlier unpublished
      // commits of the same stream.
      const documents = await commits
        .find({ 'unpublished.stream': { $in: [...streams] } }, COMMIT_READ_OPTIONS)
        .sort({ 'unpublished.stream': 1, 'unpublished.number': 1 })
        .toArray();
      return groupReadableCommitsByStream(documents, commitFromDocument);
    },

    async waiting({ recent, after, limit }) {
      // Usually no commit is waiting, which one query shows. Reading the commits before and after the recent
      // ones takes two.
      if (recent !== undefined && after === undefined && !(await isAnyOutside(recent)))
        return { streams: [], hasMore: false };
      const page = await readPage(
        {
          $exists: true,
          ...(recent && { $lt: recent.from.toISOString() }),
          ...(after && { $gt: after.toISOString() }),
        },
        limit,
      );
      if (recent === undefined || after !== undefined) return page;
      const { streams } = await readPage({ $gt: recent.to.toISOString() }, limit);
      return { ...page, streams: [...new Set([...page.streams, ...streams])] };
    },

    async markPublished(published) {
      if (published.length === 0) return;
      // Use one update per document instead of `updateMany`, which the driver cannot retry after a failover.
      // If an update is lost nevertheless, the commit is published again, which is harmless.
      const marks = published.map(({ stream, number }) => ({
        updateOne: { filter: { stream, number }, update: { $unset: { unpublished: 1 } as const } },
      }));
      await commits.bulkWrite(marks, { ordered: false });
    },

    async backlog() {
      const oldest = await commits.findOne(isUnpublished, {
        projection: { at: 1 },
        sort: { 'unpublished.at': 1 },
      });
      if (oldest === null) return { commits: 0 };
      return {
        commits: await commits.countDocuments(isUnpublished, { limit: MAX_COUNTED_UNPUBLISHED_COMMITS }),
        oldest: oldest.at,
      };
    },
  });
}
