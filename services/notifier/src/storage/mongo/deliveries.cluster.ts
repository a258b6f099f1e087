import { createTestDatabase } from '@latchkey/mongo/testing';
import { defineDeliveriesContractTests } from '../../ports/deliveries.contract.ts';
import { createMongoDeliveries } from './deliveries.ts';
import { CUTOFFS_COLLECTION, DELIVERIES_COLLECTION, notifierIndexes } from './schema.ts';

const database = createTestDatabase('deliveries', notifierIndexes, [
  { query: /^find \w+ \{ {2}\}$/, because: 'only the test reads all documents' },
]);

defineDeliveriesContractTests('mongo', async () => {
  const { connection } = await database.empty();
  function all(collection: string) {
    return connection.collection(collection).find().toArray();
  }
  return {
    deliveries: createMongoDeliveries(connection),
    another: async () => createMongoDeliveries((await database.another()).connection),
    dump: async () => JSON.stringify([await all(DELIVERIES_COLLECTION), await all(CUTOFFS_COLLECTION)]),
    close: async () => undefined,
  };
});
