import { createPlainSchema, modelOfCollection } from '@latchkey/mongo';
import type { Connection } from 'mongoose';

/** A move of another store into this database, in progress or completed. */
interface MoveDocument {
  readonly _id: string;
  readonly begunAt: Date;
  readonly endedAt?: Date;
}

/** The collection with the keys that auth was used with. */
export const FINGERPRINTS_COLLECTION = 'auth_fingerprints';

export function moveModelOf(connection: Connection) {
  return modelOfCollection(connection, 'auth_moves', () =>
    createPlainSchema<MoveDocument>({
      _id: { type: String, required: true },
      begunAt: { type: Date, required: true },
      endedAt: Date,
    }),
  );
}

const MOVING = 'a data folder is being moved into this database, or its move broke off: npm run ops -- move';

/**
 * Asserts that no move into this database is in progress: decisions based on only some of the accounts could
 * contradict the others.
 * @throws Error with a one-line message
 */
export async function assertNotMoving(connection: Connection): Promise<void> {
  if ((await moveModelOf(connection).exists({ endedAt: { $exists: false } })) !== null)
    throw new Error(MOVING);
}
