import { createTestDatabase } from '@latchkey/mongo/testing';
import { authIndexes, openMongoStores } from '../storage/mongo/index.ts';
import { sharedAddressContract } from './shared-address.contract.ts';

const database = createTestDatabase('shared_address', authIndexes);

sharedAddressContract('mongo', async () => openMongoStores((await database.empty()).connection));
