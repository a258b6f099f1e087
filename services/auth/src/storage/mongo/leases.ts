import { guardMongo, isLostRace, modelOf, plainSchema } from '@latchkey/mongo';
import type { Leases } from '@latchkey/store';
import type { Connection } from 'mongoose';

interface LeaseDocument {
  /** The name of the job. */
  readonly _id: string;
  readonly holder: string;
  readonly until: Date;
}

function schema() {
  return plainSchema<LeaseDocument>({
    _id: { type: String, required: true },
    holder: { type: String, required: true },
    until: { type: Date, required: true },
  });
}

export function leasesIn(connection: Connection) {
  return modelOf(connection, 'auth_leases', schema);
}

/** Leases in MongoDB, between all instances. Found by name alone: they need no index of their own. */
export function createMongoLeases(connection: Connection): Leases {
  const leases = leasesIn(connection);

  return guardMongo<Leases>({
    async take({ name, holder, now, ms }) {
      const until = new Date(now.getTime() + ms);
      const mine = { _id: name, $or: [{ holder }, { until: { $lte: now } }] };
      try {
        await leases.updateOne(mine, { $set: { holder, until } }, { upsert: true });
        return true;
      } catch (error) {
        // It is there and not ours: the upsert tried to insert it a second time.
        if (isLostRace(error)) return false;
        throw error;
      }
    },

    async release(name, holder) {
      await leases.deleteOne({ _id: name, holder });
    },
  });
}
