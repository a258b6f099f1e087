import type { LeaseRecords } from '@latchkey/store';
import type { Connection } from 'mongoose';
import { isConcurrentWriteError, mapMongoErrors } from './failures.ts';

export interface LeaseDocument {
  /** The name of the job for which the lease is held. */
  readonly _id: string;
  readonly holder: string;
  readonly until: Date;
}

/**
 * Stores leases in a collection that all instances share. A lease is found by its name, which is its `_id`,
 * so no other index is needed.
 */
export function createMongoLeaseRecords(connection: Connection, collection: string): LeaseRecords {
  const leases = connection.collection<LeaseDocument>(collection);

  return mapMongoErrors<LeaseRecords>({
    async find(name) {
      const document = await leases.findOne({ _id: name });
      return document === null ? undefined : { name, holder: document.holder, until: document.until };
    },

    async insert({ name, ...lease }) {
      try {
        await leases.insertOne({ _id: name, ...lease });
        return true;
      } catch (error) {
        if (isConcurrentWriteError(error)) return false;
        throw error;
      }
    },

    async replace({ name, holder, until }, next) {
      const update = { $set: { holder: next.holder, until: next.until } };
      const { matchedCount } = await leases.updateOne({ _id: name, holder, until }, update);
      return matchedCount === 1;
    },

    async remove(name, holder) {
      await leases.deleteOne({ _id: name, holder });
    },
  });
}
