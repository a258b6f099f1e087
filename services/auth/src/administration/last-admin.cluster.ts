import { createTestDatabase } from '@latchkey/mongo/testing';
import { authIndexes, openMongoStores } from '../storage/mongo/index.ts';
import { lastAdminContract } from './last-admin.contract.ts';

const database = createTestDatabase('last-admin', authIndexes);

async function open() {
  const { connection } = await database.empty();
  return { stores: openMongoStores(connection), close: async () => undefined };
}

lastAdminContract('mongo', open, 10);
