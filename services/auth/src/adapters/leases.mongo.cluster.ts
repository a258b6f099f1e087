import { testDatabase } from '@latchkey/mongo/testing';
import { leasesContract } from '../ports/leases.contract.ts';
import { createMongoLeases } from './leases.mongo.ts';

const database = testDatabase('leases', []);

leasesContract('mongo', async () => {
  const { connection } = await database.empty();
  return { leases: createMongoLeases(connection), close: async () => undefined };
});
