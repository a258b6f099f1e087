import { createTestDatabase } from '@latchkey/mongo/testing';
import { authIndexes, openMongoStores } from '../storage/mongo/index.ts';
import { emailChangeCrashContract } from './crash.contract.ts';

const database = createTestDatabase('email-change', authIndexes);

emailChangeCrashContract('mongo', async () => openMongoStores((await database.empty()).connection));
