import { createStrictMongooseSchema, getCollectionModel } from '@latchkey/mongo';
import type { Connection } from 'mongoose';

/** The state of a move of auth's records from another store into this database. */
interface MoveDocument {
  readonly _id: string;
  readonly begunAt: Date;
  readonly endedAt?: Date;
}

/** The collection that contains the fingerprints of the keys with which auth has used this database. */
export const KEY_FINGERPRINTS_COLLECTION = 'auth_fingerprints';

export function openDataMoveModel(connection: Connection) {
  return getCollectionModel(connection, 'auth_moves', () =>
    createStrictMongooseSchema<MoveDocument>({
      _id: { type: String, required: true },
      begunAt: { type: Date, required: true },
      endedAt: Date,
    }),
  );
}

const MOVING =
  'a data folder is being moved into this database, or its move was interrupted. To continue it, run: npm run ops -- move';

/**
 * Asserts that no move of auth's records into this database is in progress. While accounts are missing, auth
 * could make decisions that contradict them: for example, it could register an address that one of the
 * missing accounts owns.
 * @throws Error with a one-line message
 */
export async function assertNoMoveInProgress(connection: Connection): Promise<void> {
  if ((await openDataMoveModel(connection).exists({ endedAt: { $exists: false } })) !== null)
    throw new Error(MOVING);
}
