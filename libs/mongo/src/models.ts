import type { Connection, Model, Schema, SchemaDefinition } from 'mongoose';
import { loadMongoose } from './driver.ts';

/**
 * Creates a schema without what mongoose adds by default: a version key, an empty list in place of a missing one (which
 * a sparse index would treat as a value), and the removal of empty values. An unknown field is an error. `_id` is set
 * by Latchkey.
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

/** Returns the model of a collection: the same object for all calls with the same connection. */
export function modelOfCollection<Document>(
  connection: Connection,
  collection: string,
  schema: () => Schema<Document>,
): Model<Document> {
  const known: Model<Document> | undefined = connection.models[collection];
  return known ?? connection.model<Document>(collection, schema(), collection);
}
