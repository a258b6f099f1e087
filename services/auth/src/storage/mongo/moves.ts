import { modelOf, plainSchema } from '@latchkey/mongo';
import type { Connection } from 'mongoose';

/** A move of another store into this database, in progress or completed. */
interface MoveDocument {
  readonly _id: string;
  readonly begunAt: Date;
  readonly endedAt?: Date;
}

export function movesIn(connection: Connection) {
  return modelOf(connection, 'auth_moves', () =>
    plainSchema<MoveDocument>({
      _id: { type: String, required: true },
      begunAt: { type: Date, required: true },
      endedAt: Date,
    }),
  );
}
