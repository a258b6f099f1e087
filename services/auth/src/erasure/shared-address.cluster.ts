import { createTestDatabase } from '@latchkey/mongo/testing';
import { authIndexes, openMongoAuthStores } from '../storage/mongo/index.ts';
import { sharedAddressContract } from './shared-address.contract.ts';

const database = createTestDatabase('shared_address', authIndexes);

sharedAddressContract('mongo', async () => openMongoAuthStores((await database.empty()).connection));
