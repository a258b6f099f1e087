import { testDatabase } from '@latchkey/mongo/testing';
import { deliveryRecordsContract } from '../ports/verifying.contract.ts';
import { openDeliveryView } from '../verifying.ts';
import { deliveryIndexes } from './deliveries.mongo.schema.ts';
import { createMongoDeliveries } from './deliveries.mongo.ts';

const database = testDatabase('delivery_records', deliveryIndexes);

deliveryRecordsContract('mongo', async () => {
  const { connection } = await database.empty();
  return {
    view: openDeliveryView({ connection }),
    deliveries: createMongoDeliveries(connection),
    close: async () => undefined,
  };
});
