import {
  createStrictMongooseSchema,
  getCollectionModel,
  type MongoIndex,
  mapMongoErrors,
  retryOnConcurrentWrite,
} from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { AuditEntry, AuditLog } from '../../ports/audit-log.ts';

export const AUDIT_LOG_COLLECTION = 'auth_audit';

export interface AuditEntryDocument extends Omit<AuditEntry, 'id' | 'kept' | 'time'> {
  readonly _id: string;
  readonly time: Date;
  /**
   * The id of the account whose history includes the entry. Set only on entries that are kept after
   * publication.
   */
  readonly keptFor?: string;
  /**
   * Equal to the entry's id while the entry is in the outbox, and absent afterwards. The sparse index on this
   * field therefore contains only the entries in the outbox.
   */
  readonly unpublished?: string;
}

function schema() {
  return createStrictMongooseSchema<AuditEntryDocument>({
    _id: { type: String, required: true },
    account: String,
    time: { type: Date, required: true },
    keptFor: String,
    headers: { type: Object, required: true },
    value: { type: String, required: true },
    unpublished: String,
  });
}

export const auditIndexes: readonly MongoIndex[] = [
  { collection: AUDIT_LOG_COLLECTION, name: 'outbox', keys: { unpublished: 1 }, sparse: true },
  { collection: AUDIT_LOG_COLLECTION, name: 'account', keys: { keptFor: 1, _id: 1 } },
  { collection: AUDIT_LOG_COLLECTION, name: 'time', keys: { time: 1 } },
];

/** Matches the entries of the audit log that are in the outbox. */
export const UNPUBLISHED_ENTRIES_FILTER = { unpublished: { $gt: '' } };

/** The audit log in MongoDB. */
export function createMongoAuditLog(connection: Connection): AuditLog {
  const entries = getCollectionModel(connection, AUDIT_LOG_COLLECTION, schema);

  return mapMongoErrors<AuditLog>({
    async add(added) {
      const upserts = added.map((entry) => {
        const { _id, ...fields } = documentOf(entry);
        return { updateOne: { filter: { _id }, update: { $setOnInsert: fields }, upsert: true } };
      });
      await retryOnConcurrentWrite(() => entries.bulkWrite(upserts, { ordered: false }));
    },

    async unpublished(limit) {
      const found = await entries
        .find(UNPUBLISHED_ENTRIES_FILTER)
        .sort({ unpublished: 1 })
        .limit(limit)
        .lean();
      return found.map(entryOf);
    },

    backlog: (limit) => entries.countDocuments(UNPUBLISHED_ENTRIES_FILTER, { limit }),

    async markPublished(published) {
      const { kept = [], rest = [] } = Object.groupBy(published, (entry) => (entry.kept ? 'kept' : 'rest'));
      if (rest.length > 0) await entries.deleteMany({ _id: { $in: rest.map(({ id }) => id) } });
      if (kept.length > 0)
        await entries.updateMany({ _id: { $in: kept.map(({ id }) => id) } }, { $unset: { unpublished: 1 } });
    },

    async ofAccount(account, { after = '', limit }) {
      const found = await entries
        .find({ keptFor: account, _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .lean();
      return found.map(entryOf);
    },

    async removeBefore(instant, limit) {
      const old = { time: { $lt: instant } };
      const found = await entries.find(old, { _id: 1 }).sort({ time: 1 }).limit(limit).lean();
      const { deletedCount } = await entries.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } });
      return deletedCount;
    },
  });
}

function documentOf({ id, account, time, kept, headers, value }: AuditEntry): AuditEntryDocument {
  return {
    _id: id,
    ...(account !== undefined && { account, ...(kept && { keptFor: account }) }),
    time: new Date(time),
    headers,
    value,
    unpublished: id,
  };
}

function entryOf({ _id, account, time, keptFor, headers, value }: AuditEntryDocument): AuditEntry {
  return {
    id: _id,
    ...(account !== undefined && { account }),
    time: time.toISOString(),
    kept: keptFor !== undefined,
    headers,
    value,
  };
}
