/** Documents that come from another store: each is added once, and what has become of it here stays. */
import type { Connection } from 'mongoose';
import { repeatingLost } from './failures.ts';

export interface Arrivals<Item> {
  /** Adds those whose id is not there yet. Safe to repeat. @throws the driver's errors */
  add(batch: readonly Item[]): Promise<void>;
  /** How many of them are there, and as `isHeld` wants them. */
  held(batch: readonly Item[]): Promise<number>;
  /** How many documents there are in all. */
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
    /** Whether what is kept is what was handed over, or what became of it. Default: always. */
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
