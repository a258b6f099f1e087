import { createTestDatabase } from '@latchkey/mongo/testing';
import { authIndexes, openMongoAuthStores } from '../storage/mongo/index.ts';
import { defineSharedAddressContractTests } from './shared-address.contract.ts';

const database = createTestDatabase('shared_address', authIndexes);

defineSharedAddressContractTests('mongo', async () =>
  openMongoAuthStores((await database.empty()).connection),
);
