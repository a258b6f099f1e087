import {
  createStrictMongooseSchema,
  getCollectionModel,
  type MongoIndex,
  mapMongoErrors,
  retryOnConcurrentWrite,
} from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import {
  type CopyPublicationTimes,
  type ErasureReceiptStore,
  type ErasureRecord,
  findUnconfirmedConsumers,
  hasPublishedCopies,
} from '../../ports/erasure-receipts.ts';

export const ERASURES_COLLECTION = 'auth_erasures';

interface ErasureDocument extends Omit<ErasureRecord, 'account'> {
  /** The id of the erased account. */
  readonly _id: string;
  /**
   * Equal to `erasedAt` while the receipt of an expected consumer is missing. Absent afterwards, so that the
   * sparse index on this field contains only erasures that wait for receipts.
   */
  readonly waitingSince?: string;
  /**
   * Present while the topic may still contain the original events of the erased account. Afterwards, the
   * whole subdocument is absent, so that its sparse index contains only such erasures (ADR 12).
   */
  readonly open?: { readonly firstAt: string; readonly account: string };
}

function schema() {
  return createStrictMongooseSchema<ErasureDocument>({
    _id: { type: String, required: true },
    sequence: { type: Number, required: true },
    erasedAt: { type: String, required: true },
    expected: { type: [String], required: true },
    receipts: { type: [{ _id: false, consumer: String, confirmedAt: String }], required: true },
    copies: createStrictMongooseSchema({ firstAt: String, lastAt: String, goneAt: String }),
    waitingSince: String,
    open: createStrictMongooseSchema({ firstAt: String, account: String }),
  });
}

export const erasureIndexes: readonly MongoIndex[] = [
  { collection: ERASURES_COLLECTION, name: 'time', keys: { erasedAt: -1, _id: -1 } },
  { collection: ERASURES_COLLECTION, name: 'waiting', keys: { waitingSince: -1 }, sparse: true },
  {
    collection: ERASURES_COLLECTION,
    name: 'open',
    keys: { 'open.firstAt': 1, 'open.account': 1 },
    sparse: true,
  },
];

/** Erasure receipts in MongoDB, with one document per erased account. */
export function createMongoErasureReceipts(connection: Connection): ErasureReceiptStore {
  const erasures = getCollectionModel(connection, ERASURES_COLLECTION, schema);

  return mapMongoErrors<ErasureReceiptStore>({
    async open(erasure) {
      const { _id, ...fields } = toErasureDocument({ ...erasure, receipts: [] });
      await retryOnConcurrentWrite(() =>
        erasures.updateOne({ _id }, { $setOnInsert: fields }, { upsert: true }),
      );
      await erasures.replaceOne({ _id, sequence: { $ne: erasure.sequence } }, fields);
    },

    async confirm({ account, sequence }, receipt) {
      const isNew = { _id: account, sequence, 'receipts.consumer': { $ne: receipt.consumer } };
      await erasures.updateOne(isNew, { $push: { receipts: receipt } });
      const stored = await erasures.findById(account).lean();
      // Remove `waitingSince` if this was the last missing receipt. A process may crash after it has stored
      // the receipt, so every call of `confirm` checks this, even if it adds no receipt.
      if (stored?.waitingSince !== undefined && findUnconfirmedConsumers(stored).length === 0)
        await erasures.updateOne(
          { _id: account, sequence: stored.sequence },
          { $unset: { waitingSince: 1 } },
        );
    },

    async find(account) {
      const stored = await erasures.findById(account).lean();
      return stored === null ? undefined : erasureOf(stored);
    },

    async noteCopies(account, at) {
      await erasures.updateOne(
        { _id: account, open: { $exists: false } },
        { $set: { copies: { firstAt: at, lastAt: at }, open: { firstAt: at, account } } },
      );
      await erasures.updateOne({ _id: account, open: { $exists: true } }, { $set: { 'copies.lastAt': at } });
    },

    async noteGone(account, at) {
      await erasures.updateOne(
        { _id: account, open: { $exists: true } },
        { $set: { 'copies.goneAt': at }, $unset: { open: 1 } },
      );
    },

    async listCopied({ limit, after }) {
      const { firstAt = '' } = after?.copies ?? {};
      const found = await erasures
        .find({
          $or: [
            { 'open.firstAt': { $gt: firstAt } },
            { 'open.firstAt': firstAt, 'open.account': { $gt: after?.account ?? '' } },
          ],
        })
        .sort({ 'open.firstAt': 1, 'open.account': 1 })
        .limit(limit)
        .lean();
      return found.map(erasureOf).filter(hasPublishedCopies);
    },

    async list({ limit, after, waiting = false, until }) {
      const time = waiting ? 'waitingSince' : 'erasedAt';
      const inTime = { [time]: until === undefined ? { $gt: '' } : { $lte: until } };
      const filter =
        after === undefined
          ? inTime
          : {
              $and: [
                inTime,
                {
                  $or: [
                    { [time]: { $lt: after.erasedAt } },
                    { [time]: after.erasedAt, _id: { $lt: after.account } },
                  ],
                },
              ],
            };
      const found = await erasures
        .find(filter)
        .sort({ [time]: -1, _id: -1 })
        .limit(limit)
        .lean();
      return found.map(erasureOf);
    },
  });
}

export function toErasureDocument({ account, ...erasure }: ErasureRecord): ErasureDocument {
  const waits = findUnconfirmedConsumers(erasure).length > 0;
  const { copies } = erasure;
  return {
    _id: account,
    ...erasure,
    ...(waits && { waitingSince: erasure.erasedAt }),
    ...(copies && copies.goneAt === undefined && { open: { firstAt: copies.firstAt, account } }),
  };
}

function erasureOf({ _id, sequence, erasedAt, expected, receipts, copies }: ErasureDocument): ErasureRecord {
  return {
    account: _id,
    sequence,
    erasedAt,
    expected: [...expected],
    receipts: receipts.map(({ consumer, confirmedAt }) => ({ consumer, confirmedAt })),
    ...(copies && { copies: copiesOf(copies) }),
  };
}

function copiesOf({ firstAt, lastAt, goneAt }: CopyPublicationTimes): CopyPublicationTimes {
  return { firstAt, lastAt, ...(goneAt !== undefined && { goneAt }) };
}
