import { testDatabase } from '@latchkey/mongo/testing';
import { requestsContract } from '../../ports/testing/requests.contract.ts';
import { createMongoRequests } from './requests.ts';

const database = testDatabase('requests', []);

requestsContract('mongo', async () => {
  const { connection } = await database.empty();
  return { requests: createMongoRequests(connection), close: async () => undefined };
});
