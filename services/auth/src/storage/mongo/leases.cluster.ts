import { testDatabase } from '@latchkey/mongo/testing';
import { leasesContract } from '@latchkey/store/testing';
import { createMongoLeases } from './leases.ts';

const database = testDatabase('leases', []);

leasesContract('mongo', async () => {
  const { connection } = await database.empty();
  return { leases: createMongoLeases(connection), close: async () => undefined };
});
