/** Adds documents that are moved from another store. Each is added once; later changes to it are kept. */
import type { Connection } from 'mongoose';
import { repeatingLost } from './failures.ts';

export interface Arrivals<Item> {
  /** Adds those whose id does not exist yet. Idempotent. @throws the driver's errors */
  add(batch: readonly Item[]): Promise<void>;
  /** Counts those that exist and satisfy `isHeld`. */
  held(batch: readonly Item[]): Promise<number>;
  /** Counts all documents. */
  count(): Promise<number>;
}

export function arrivals<Item, Document extends { readonly _id: string }>(
  connection: Connection,
  collection: string,
  {
    documentOf,
    isHeld = () => true,
  }: {
    documentOf(item: Item): Document;
    /** Returns whether the stored document is the moved one, or a later state of it. Default: always. */
    isHeld?(kept: Document, item: Document): boolean;
  },
): Arrivals<Item> {
  const documents = connection.collection<{ _id: string }>(collection);

  return {
    async add(batch) {
      const upserts = batch.map((item) => {
        const { _id, ...fields } = documentOf(item);
        return { updateOne: { filter: { _id }, update: { $setOnInsert: fields }, upsert: true } };
      });
      await repeatingLost(() => documents.bulkWrite(upserts, { ordered: false }));
    },

    async held(batch) {
      const wanted = new Map(batch.map(documentOf).map((document) => [document._id, document]));
      const kept = await documents.find<Document>({ _id: { $in: [...wanted.keys()] } }).toArray();
      return kept.filter((document) => {
        const item = wanted.get(document._id);
        return item !== undefined && isHeld(document, item);
      }).length;
    },

    count: () => documents.countDocuments(),
  };
}
