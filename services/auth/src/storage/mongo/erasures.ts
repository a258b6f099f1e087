import { mapMongoErrors } from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { DueErasure, ScheduledErasureStore } from '../../ports/erasures.ts';
import { COMMITS_COLLECTION, type CommitDocument, MAJORITY_READ_CONCERN } from './commits.ts';

/** The scheduled and running erasures in MongoDB, stored as subdocuments of commits. */
export function createMongoErasures(connection: Connection): ScheduledErasureStore {
  const commits = connection.collection<CommitDocument>(COMMITS_COLLECTION);

  return mapMongoErrors<ScheduledErasureStore>({
    async due({ after, until, limit }) {
      const inTime = { 'erasure.eraseAt': { $lte: until.toISOString() } };
      const documents = await commits
        .find(after === undefined ? inTime : { $and: [inTime, isAfter(after)] }, {
          ...MAJORITY_READ_CONCERN,
          projection: { erasure: 1 },
        })
        .sort({ 'erasure.eraseAt': 1, 'erasure.stream': 1, 'erasure.number': 1 })
        .limit(limit)
        .toArray();
      return documents.flatMap(({ erasure }) => erasure ?? []);
    },

    async isScheduled(stream) {
      const found = await commits.findOne(
        { stream, erasure: { $exists: true } },
        { ...MAJORITY_READ_CONCERN, projection: { _id: 1 } },
      );
      return found !== null;
    },

    async settle({ stream, number }) {
      await commits.updateOne({ stream, number }, { $unset: { erasure: 1 } });
    },

    async settleAll(stream) {
      await commits.updateMany({ stream, erasure: { $exists: true } }, { $unset: { erasure: 1 } });
    },
  });
}

function isAfter({ eraseAt, stream, number }: DueErasure) {
  return {
    $or: [
      { 'erasure.eraseAt': { $gt: eraseAt } },
      { 'erasure.eraseAt': eraseAt, 'erasure.stream': { $gt: stream } },
      { 'erasure.eraseAt': eraseAt, 'erasure.stream': stream, 'erasure.number': { $gt: number } },
    ],
  };
}
