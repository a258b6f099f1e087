import { createDocumentMoveTarget, createKeyFingerprintMoveTarget, mapMongoErrors } from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { DeliveryState } from '../../delivery/delivery.ts';
import type { Suppression } from '../../delivery/suppression.ts';
import type { NotifierRecords, StoredCutoffs, StoredDelivery } from '../../ports/storage.ts';
import {
  CUTOFFS_COLLECTION,
  type CutoffsDocument,
  DELIVERIES_COLLECTION,
  type DeliveryDocument,
  KEYS_COLLECTION,
  SUPPRESSIONS_COLLECTION,
  type SuppressionDocument,
} from './schema.ts';
import { suppressionDocument } from './suppressions.ts';

/** Writes the notifier's records to MongoDB, for `ops move`. */
export function createMongoTarget(connection: Connection): NotifierRecords<'target'> {
  return {
    cutoffs: mapMongoErrors(
      createDocumentMoveTarget<StoredCutoffs, CutoffsDocument>(connection, CUTOFFS_COLLECTION, {
        documentOf: ({ subject, before }) => ({ _id: subject, before }),
        isHeld: (stored, moved) =>
          Object.entries(moved.before).every(
            ([what, before]) => (stored.before[what as keyof typeof stored.before] ?? 0) >= before,
          ),
      }),
    ),
    suppressions: mapMongoErrors(
      createDocumentMoveTarget<Suppression, SuppressionDocument>(connection, SUPPRESSIONS_COLLECTION, {
        documentOf: suppressionDocument,
      }),
    ),
    deliveries: mapMongoErrors(
      createDocumentMoveTarget<StoredDelivery, DeliveryDocument>(connection, DELIVERIES_COLLECTION, {
        documentOf,
        isHeld: isSameOrLater,
      }),
    ),
    keys: createKeyFingerprintMoveTarget(connection, KEYS_COLLECTION),
  };
}

/** The states that a delivery may have after the mail server has accepted the mail. */
const REPORTED: readonly DeliveryState[] = ['bounced', 'complained'];

/**
 * Whether the stored delivery is the moved one, or a later state of it. An open delivery may reach any state. A final
 * one stays as it is, except that a bounce or a complaint about a sent mail may arrive.
 */
function isSameOrLater(stored: DeliveryDocument, moved: DeliveryDocument): boolean {
  if (moved.open !== undefined || stored.state === moved.state) return true;
  return moved.state === 'sent' && REPORTED.includes(stored.state);
}

function documentOf({ id, dueAt, unpublished, ...delivery }: StoredDelivery): DeliveryDocument {
  const lastResult = delivery.attempts.at(-1)?.result;
  return {
    _id: id,
    ...delivery,
    ...(dueAt === undefined ? {} : { open: { dueAt, sendUntil: delivery.sendUntil } }),
    ...(lastResult === undefined ? {} : { lastResult }),
    ...(unpublished && delivery.report && { unpublished: delivery.report.at }),
  };
}
