import { createTestDatabase } from '@latchkey/mongo/testing';
import { authIndexes, openMongoAuthStores } from '../storage/mongo/index.ts';
import { defineEmailChangeCrashContractTests } from './crash.contract.ts';

const database = createTestDatabase('email-change', authIndexes);

defineEmailChangeCrashContractTests('mongo', async () =>
  openMongoAuthStores((await database.empty()).connection),
);
