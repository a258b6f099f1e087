import type { Connection, Model, Schema, SchemaDefinition } from 'mongoose';
import { loadMongoose } from './driver.ts';

/**
 * Creates a schema without mongoose's defaults: no version key, no removal of empty values, and no empty list
 * in place of a missing one, because a sparse index would treat an empty list as a value. An unknown field is
 * an error. Latchkey sets `_id` itself.
 */
export function createStrictMongooseSchema<Document>(definition: SchemaDefinition): Schema<Document> {
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
export function getCollectionModel<Document>(
  connection: Connection,
  collection: string,
  schema: () => Schema<Document>,
): Model<Document> {
  const known: Model<Document> | undefined = connection.models[collection];
  return known ?? connection.model<Document>(collection, schema(), collection);
}
