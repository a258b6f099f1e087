import { createTestDatabase } from '@latchkey/mongo/testing';
import { authIndexes, openMongoAuthStores } from '../storage/mongo/index.ts';
import { emailChangeCrashContract } from './crash.contract.ts';

const database = createTestDatabase('email-change', authIndexes);

emailChangeCrashContract('mongo', async () => openMongoAuthStores((await database.empty()).connection));
