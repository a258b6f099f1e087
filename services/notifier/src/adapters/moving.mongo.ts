import { arrivals, guardMongo } from '@latchkey/mongo';
import type { Target } from '@latchkey/store';
import type { Connection } from 'mongoose';
import type { KeptCutoffs, KeptDelivery } from '../ports/moving.ts';
import {
  CUTOFFS,
  type CutoffsDocument,
  DELIVERIES,
  type DeliveryDocument,
} from './deliveries.mongo.schema.ts';

export interface NewHome {
  readonly cutoffs: Target<KeptCutoffs>;
  readonly deliveries: Target<KeptDelivery>;
}

/** Where the notifier's records go in MongoDB. */
export function createMongoNewHome(connection: Connection): NewHome {
  return {
    cutoffs: guardMongo<Target<KeptCutoffs>>(
      arrivals<KeptCutoffs, CutoffsDocument>(connection, CUTOFFS, {
        documentOf: ({ subject, before }) => ({ _id: subject, before }),
        isHeld: (kept, given) =>
          Object.entries(given.before).every(
            ([what, before]) => (kept.before[what as keyof typeof kept.before] ?? 0) >= before,
          ),
      }),
    ),
    deliveries: guardMongo<Target<KeptDelivery>>(
      arrivals<KeptDelivery, DeliveryDocument>(connection, DELIVERIES, {
        documentOf,
        // What was final stays so; what was open may have come to any end meanwhile.
        isHeld: (kept, given) => given.open !== undefined || kept.state === given.state,
      }),
    ),
  };
}

function documentOf({ id, dueAt, ...delivery }: KeptDelivery): DeliveryDocument {
  const lastResult = delivery.attempts.at(-1)?.result;
  return {
    _id: id,
    ...delivery,
    ...(dueAt === undefined ? {} : { open: { dueAt, sendUntil: delivery.sendUntil } }),
    ...(lastResult === undefined ? {} : { lastResult }),
  };
}
