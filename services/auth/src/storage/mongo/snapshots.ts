import {
  createStrictMongooseSchema,
  getCollectionModel,
  isConcurrentWriteError,
  mapMongoErrors,
} from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { Snapshot, SnapshotStore } from '../../ports/snapshots.ts';

type SnapshotDocument = Omit<Snapshot, 'stream'> & {
  /** The id of the stream whose state is stored. */
  readonly _id: string;
};

const text = { type: String, required: true } as const;
const whole = { type: Number, required: true } as const;

function schema() {
  return createStrictMongooseSchema<SnapshotDocument>({
    _id: text,
    number: whole,
    sequence: whole,
    stateVersion: whole,
    state: Object,
  });
}

/** Snapshots in MongoDB, one per stream. */
export function createMongoSnapshots(connection: Connection): SnapshotStore {
  const snapshots = getCollectionModel(connection, 'auth_snapshots', schema);

  return mapMongoErrors<SnapshotStore>({
    async find(stream) {
      const document = await snapshots.findById(stream).lean();
      if (document === null) return undefined;
      const { _id, ...snapshot } = document;
      return { stream: _id, ...snapshot };
    },

    async save({ stream, ...snapshot }) {
      const notNewer = { _id: stream, number: { $lte: snapshot.number } };
      try {
        await snapshots.updateOne(notNewer, { $set: snapshot }, { upsert: true });
      } catch (error) {
        // If a newer snapshot of the stream exists, the filter does not match it, so the upsert fails on the
        // duplicate id.
        if (!isConcurrentWriteError(error)) throw error;
      }
    },
  });
}
