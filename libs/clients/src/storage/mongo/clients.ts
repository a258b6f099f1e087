/** Stores service clients in MongoDB. Clients are found by their `_id`, so no other index is needed. */
import { isDeepStrictEqual } from 'node:util';
import {
  createMongoDocumentMoveTarget,
  createMongoStorePreparation,
  type MongoStore,
  mapMongoErrors,
  retryOnConcurrentWrite,
} from '@latchkey/mongo';
import type { ServiceClient } from '../../client.ts';
import type { ServiceClientStorage, ServiceClients } from '../../service-clients.ts';

const CLIENTS = 'service_clients';

type ClientDocument = Omit<ServiceClient, 'id'> & { readonly _id: string };

/** Opens the service clients in a MongoDB database. The connection may still be in progress. */
export function openMongoServiceClients({
  connection,
}: Pick<MongoStore, 'connection'>): ServiceClientStorage {
  const documents = connection.collection<ClientDocument>(CLIENTS);
  return {
    ...createMongoStorePreparation(connection, { owner: 'clients', migrations: [], indexes: async () => [] }),
    target: mapMongoErrors(
      createMongoDocumentMoveTarget<ServiceClient, ClientDocument>(connection, CLIENTS, {
        documentOf,
        isHeld: (stored, moved) => isDeepStrictEqual(stored.keys, moved.keys),
      }),
    ),
    clients: mapMongoErrors<ServiceClients>({
      async add(client) {
        const { _id, ...fields } = documentOf(client);
        await retryOnConcurrentWrite(() => documents.replaceOne({ _id }, fields, { upsert: true }));
      },
      async find(id) {
        const document = await documents.findOne({ _id: id });
        return document === null ? undefined : clientOf(document);
      },
      async list({ limit, after = '' }) {
        const found = await documents
          .find({ _id: { $gt: after } })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray();
        return found.map(clientOf);
      },
      async replaceKeys(former, keys) {
        const { matchedCount } = await documents.updateOne(
          { _id: former.id, keys: former.keys },
          { $set: { keys } },
        );
        return matchedCount === 1;
      },
      async remove(id) {
        const { deletedCount } = await documents.deleteOne({ _id: id });
        return deletedCount === 1;
      },
    }),
  };
}

function documentOf({ id, ...client }: ServiceClient): ClientDocument {
  return { _id: id, ...client };
}

function clientOf({ _id, ...client }: ClientDocument): ServiceClient {
  return { id: _id, ...client };
}
