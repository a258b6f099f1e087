import { guardMongo, isLostRace, modelOf, plainSchema } from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { KeyFingerprints } from '../../ports/key-fingerprints.ts';
import { movesIn } from './moves.ts';

export interface FingerprintDocument {
  /** The key's name. */
  readonly _id: string;
  readonly fingerprint: string;
}

const text = { type: String, required: true } as const;

export function fingerprintsIn(connection: Connection) {
  return modelOf(connection, 'auth_fingerprints', () =>
    plainSchema<FingerprintDocument>({ _id: text, fingerprint: text }),
  );
}

const MOVING = 'a data folder is being moved into this database, or its move broke off: npm run ops -- move';

/** Key fingerprints in MongoDB, one document per key. */
export function createMongoKeyFingerprints(connection: Connection): KeyFingerprints {
  const fingerprints = fingerprintsIn(connection);
  const moves = movesIn(connection);

  async function differing(given: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const known = await fingerprints.find({ _id: { $in: Object.keys(given) } }).lean();
    return known.filter(({ _id, fingerprint }) => fingerprint !== given[_id]).map(({ _id }) => _id);
  }

  /** Returns whether the stored fingerprint is now this one. */
  async function remember(name: string, fingerprint: string): Promise<boolean> {
    try {
      await fingerprints.insertOne({ _id: name, fingerprint });
      return true;
    } catch (error) {
      if (!isLostRace(error)) throw error;
    }
    return (await fingerprints.exists({ _id: name, fingerprint })) !== null;
  }

  return guardMongo<KeyFingerprints>({
    async check(given) {
      // Only some accounts have been moved: decisions based on them could contradict the rest.
      if ((await moves.exists({ endedAt: { $exists: false } })) !== null) throw new Error(MOVING);
      const others = await differing(given);
      if (others.length > 0) return others;
      // In the same order in all instances: an instance that loses the race for a name has stored no later one.
      for (const [name, fingerprint] of Object.entries(given).toSorted()) {
        if (!(await remember(name, fingerprint))) return differing(given);
      }
      return [];
    },
  });
}
