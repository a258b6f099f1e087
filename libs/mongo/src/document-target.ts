import type { MoveTarget } from '@latchkey/store';
import type { Connection } from 'mongoose';
import { retryOnConcurrentWrite } from './failures.ts';

/**
 * Creates a target for `ops move` that stores the moved records as documents of a collection. Its methods
 * reject with the driver's errors.
 */
export function createMongoDocumentMoveTarget<Item, Document extends { readonly _id: string }>(
  connection: Connection,
  collection: string,
  {
    documentOf,
    isHeld = () => true,
  }: {
    documentOf(item: Item): Document;
    /**
     * Returns whether a stored document with the id of a moved document counts as this moved document. It
     * counts if both are equal, or if the stored document can only have been changed after the move. Default:
     * always true.
     */
    isHeld?(stored: Document, moved: Document): boolean;
  },
): MoveTarget<Item> {
  const documents = connection.collection<{ _id: string }>(collection);

  return {
    async add(batch) {
      const upserts = batch.map((item) => {
        const { _id, ...fields } = documentOf(item);
        return { updateOne: { filter: { _id }, update: { $setOnInsert: fields }, upsert: true } };
      });
      await retryOnConcurrentWrite(() => documents.bulkWrite(upserts, { ordered: false }));
    },

    async held(batch) {
      const moved = new Map(batch.map(documentOf).map((document) => [document._id, document]));
      const stored = await documents.find<Document>({ _id: { $in: [...moved.keys()] } }).toArray();
      return stored.filter((document) => {
        const expected = moved.get(document._id);
        return expected !== undefined && isHeld(document, expected);
      }).length;
    },

    count: () => documents.countDocuments(),
  };
}
