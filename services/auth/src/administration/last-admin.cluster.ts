import { createTestDatabase } from '@latchkey/mongo/testing';
import { authIndexes, openMongoAuthStores } from '../storage/mongo/index.ts';
import { defineLastAdminContractTests } from './last-admin.contract.ts';

const database = createTestDatabase('last-admin', authIndexes);

async function open() {
  const { connection } = await database.empty();
  return { stores: openMongoAuthStores(connection), close: async () => undefined };
}

defineLastAdminContractTests('mongo', open, 10);
