import type { Connection, Model, Schema, SchemaDefinition } from 'mongoose';
import { driver } from './driver.ts';

/**
 * A schema without mongoose's additions: no version key, no list that is empty instead of missing (a sparse
 * index would take it for a value), nothing left out because it is empty. A field that it does not know is an
 * error. `_id` is ours.
 */
export function plainSchema<Document>(definition: SchemaDefinition): Schema<Document> {
  return new (driver().Schema)<Document>(definition as SchemaDefinition<Document>, {
    _id: false,
    versionKey: false,
    minimize: false,
    strict: 'throw',
    strictQuery: 'throw',
    autoIndex: false,
    autoCreate: false,
  });
}

/** The model of a collection, the same for everyone who asks on this connection. */
export function modelOf<Document>(
  connection: Connection,
  collection: string,
  schema: () => Schema<Document>,
): Model<Document> {
  const known: Model<Document> | undefined = connection.models[collection];
  return known ?? connection.model<Document>(collection, schema(), collection);
}
