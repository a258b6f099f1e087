import {
  createMongoDocumentMoveTarget,
  createMongoKeyFingerprintMoveTarget,
  mapMongoErrors,
} from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { DeliveryState } from '../../delivery/delivery.ts';
import type { MailSuppression } from '../../delivery/suppression.ts';
import type { MovableNotifierRecords, StoredDelivery, StoredMailCutoffs } from '../../ports/storage.ts';
import {
  CUTOFFS_COLLECTION,
  type CutoffsDocument,
  DELIVERIES_COLLECTION,
  type DeliveryDocument,
  KEY_FINGERPRINTS_COLLECTION,
  SUPPRESSIONS_COLLECTION,
  type SuppressionDocument,
} from './schema.ts';
import { toSuppressionDocument } from './suppressions.ts';

/** Writes the notifier's records to MongoDB, for `ops move`. */
export function createMongoMoveTarget(connection: Connection): MovableNotifierRecords<'target'> {
  return {
    cutoffs: mapMongoErrors(
      createMongoDocumentMoveTarget<StoredMailCutoffs, CutoffsDocument>(connection, CUTOFFS_COLLECTION, {
        documentOf: ({ subject, before }) => ({ _id: subject, before }),
        isHeld: (stored, moved) =>
          Object.entries(moved.before).every(
            ([what, before]) => (stored.before[what as keyof typeof stored.before] ?? 0) >= before,
          ),
      }),
    ),
    suppressions: mapMongoErrors(
      createMongoDocumentMoveTarget<MailSuppression, SuppressionDocument>(
        connection,
        SUPPRESSIONS_COLLECTION,
        {
          documentOf: toSuppressionDocument,
        },
      ),
    ),
    deliveries: mapMongoErrors(
      createMongoDocumentMoveTarget<StoredDelivery, DeliveryDocument>(connection, DELIVERIES_COLLECTION, {
        documentOf,
        isHeld: isSameOrLater,
      }),
    ),
    keys: createMongoKeyFingerprintMoveTarget(connection, KEY_FINGERPRINTS_COLLECTION),
  };
}

/** The states that can follow `sent`, when a report about the mail arrives. */
const REPORTED: readonly DeliveryState[] = ['bounced', 'complained'];

/**
 * Returns whether the stored delivery is the delivery that was moved, in the same state or in a later state.
 * From an open state, a delivery may reach any state. A final state does not change, except that a sent mail
 * may bounce or lead to a complaint.
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
