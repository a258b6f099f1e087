/**
 * Suppressions in MongoDB, one document each. A document is found by its id. Ended suppressions are found by
 * an index, in order to delete them.
 */
import { mapMongoErrors, retryOnConcurrentWrite } from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import { ALL_MAILS, computeSuppressionId, type MailSuppression } from '../../delivery/suppression.ts';
import type { SuppressionStore } from '../../ports/suppressions.ts';
import { SUPPRESSIONS_COLLECTION, type SuppressionDocument } from './schema.ts';

export function createMongoSuppressions(connection: Connection): SuppressionStore {
  const documents = connection.collection<SuppressionDocument>(SUPPRESSIONS_COLLECTION);

  return mapMongoErrors<SuppressionStore>({
    async find(recipient, mail, now) {
      const ids = [
        computeSuppressionId({ recipient, mail }),
        computeSuppressionId({ recipient, mail: ALL_MAILS }),
      ];
      const found = await documents.findOne({ _id: { $in: ids }, ...applying(now) });
      return found === null ? undefined : suppressionOf(found);
    },

    async put(suppression) {
      const { _id, ...fields } = toSuppressionDocument(suppression);
      await retryOnConcurrentWrite(() => documents.replaceOne({ _id }, fields, { upsert: true }));
      await documents.deleteMany({ until: { $lte: suppression.since } });
    },

    async list({ now, limit, after = '' }) {
      const found = await documents
        .find({ _id: { $gt: after }, ...applying(now) })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(suppressionOf);
    },

    async removeReportedOf(recipient) {
      const ofRecipient = { _id: { $gte: `${recipient}/`, $lt: `${recipient}0` } };
      await documents.deleteMany({ ...ofRecipient, reason: { $ne: 'operator' } });
    },

    async remove(of) {
      const { deletedCount } = await documents.deleteOne({ _id: computeSuppressionId(of) });
      return deletedCount === 1;
    },
  });
}

/** Returns a filter for suppressions that have not ended. */
function applying(now: Date) {
  return { $or: [{ until: { $exists: false } }, { until: { $gt: now } }] };
}

export function toSuppressionDocument({ recipient, mail, ...rest }: MailSuppression): SuppressionDocument {
  return { _id: computeSuppressionId({ recipient, mail }), ...rest };
}

function suppressionOf({ _id, ...rest }: SuppressionDocument): MailSuppression {
  const [recipient = '', mail = ''] = _id.split('/');
  return { recipient, mail, ...rest };
}
