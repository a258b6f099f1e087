import type { Connection, Model, Schema, SchemaDefinition } from 'mongoose';
import { loadMongoose } from './driver.ts';

/**
 * Creates a schema without mongoose's defaults: no version key, no empty list in place of a missing list (a
 * sparse index would treat it as a value), and no removal of empty values. An unknown field is an error.
 * Latchkey sets `_id` itself.
 */
export function createPlainSchema<Document>(definition: SchemaDefinition): Schema<Document> {
  return new (loadMongoose().Schema)<Document>(definition as SchemaDefinition<Document>, {
    _id: false,
    versionKey: false,
    minimize: false,
    strict: 'throw',
    strictQuery: 'throw',
    autoIndex: false,
    autoCreate: false,
  });
}

/** Returns the model of a collection. All calls with the same connection return the same object. */
export function modelOfCollection<Document>(
  connection: Connection,
  collection: string,
  schema: () => Schema<Document>,
): Model<Document> {
  const known: Model<Document> | undefined = connection.models[collection];
  return known ?? connection.model<Document>(collection, schema(), collection);
}
