import { mapMongoErrors } from '@latchkey/mongo';
import type { Connection, mongo } from 'mongoose';
import { MAX_COUNTED_UNPUBLISHED_COMMITS, type Outbox } from '../../ports/outbox.ts';
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
   * Adds streams with unpublished commits to `streams`, the stream with the oldest commit first, until the
   * set has `limit` elements.
   */
  async function addStreams(streams: Set<string>, at: mongo.Condition<string>, limit: number): Promise<void> {
    const waiting = commits
      .find({ 'unpublished.at': at }, { projection: { _id: 0, 'unpublished.stream': 1 } })
      .sort({ 'unpublished.at': 1 });
    for await (const { unpublished } of waiting) {
      if (streams.size >= limit) break;
      if (unpublished !== undefined) streams.add(unpublished.stream);
    }
  }

  return mapMongoErrors<Outbox>({
    async unpublished(streams) {
      // The query follows an index, and commits are only appended at the end of a stream. The result can
      // therefore not contain a commit but lack an earlier unpublished commit of the same stream.
      const documents = await commits
        .find({ 'unpublished.stream': { $in: [...streams] } }, COMMIT_READ_OPTIONS)
        .sort({ 'unpublished.stream': 1, 'unpublished.number': 1 })
        .toArray();
      return groupReadableCommitsByStream(documents, commitFromDocument);
    },

    async waiting({ recent, limit }) {
      const streams = new Set<string>();
      if (recent === undefined) await addStreams(streams, { $exists: true }, limit);
      else {
        await addStreams(streams, { $exists: true, $lt: recent.from.toISOString() }, limit);
        await addStreams(streams, { $gt: recent.to.toISOString() }, limit);
      }
      return [...streams];
    },

    async markPublished(published) {
      if (published.length === 0) return;
      // Use one update per document, because the driver can retry such updates after a failover, but not an
      // `updateMany`. If an update is lost, its commit is published again, which is harmless.
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
