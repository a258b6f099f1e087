import { createTestDatabase } from '@latchkey/mongo/testing';
import { authIndexes, openMongoStores } from '../storage/mongo/index.ts';
import { emailChangeCrashes } from './crash.contract.ts';

const database = createTestDatabase('email-change', authIndexes);

emailChangeCrashes('mongo', async () => openMongoStores((await database.empty()).connection));
