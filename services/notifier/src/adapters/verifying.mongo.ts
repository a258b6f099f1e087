import { guardMongo, modelOf } from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { DeliveryRecords } from '../ports/verifying.ts';
import { DELIVERIES, deliverySchema } from './deliveries.mongo.schema.ts';

const MOST_LEASES = 1000;

/** Deliveries in MongoDB, to be looked up. */
export function createMongoDeliveryRecords(connection: Connection): DeliveryRecords {
  const deliveries = modelOf(connection, DELIVERIES, deliverySchema);
  const port: DeliveryRecords = {
    async recorded(ids) {
      const found = await deliveries.find({ _id: { $in: [...ids] } }, { _id: 1 }).lean();
      return new Set(found.map(({ _id }) => _id));
    },

    async leasesOver(before) {
      // A range, so that the index of open ones alone is gone through.
      const open = { 'open.sendUntil': { $gt: new Date(0) }, 'open.dueAt': { $lt: before } };
      const found = await deliveries
        .find({ ...open, state: 'claimed' }, { open: 1 })
        .limit(MOST_LEASES)
        .lean();
      return found.flatMap(({ _id, open: lease }) =>
        lease === undefined ? [] : [{ of: 'mail' as const, name: _id, endedAt: lease.dueAt }],
      );
    },
  };
  return guardMongo(port);
}
