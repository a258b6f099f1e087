import { createTestDatabase } from '@latchkey/mongo/testing';
import { authIndexes, openMongoAuthStores } from '../storage/mongo/index.ts';
import { defineErasureCrashContractTests } from './crash.contract.ts';
import { PERSONAL_DATA_PATTERN } from './testing/due-account.ts';

const database = createTestDatabase('erasure', authIndexes);

defineErasureCrashContractTests('mongo', {
  open: async () => openMongoAuthStores((await database.empty()).connection),
  async placesThatName() {
    const { connection } = await database.another();
    const collections = [...new Set(authIndexes.map(({ collection }) => collection))];
    const contents = await Promise.all(
      collections.map(async (name) => JSON.stringify(await connection.collection(name).find().toArray())),
    );
    return collections.filter((_, index) => PERSONAL_DATA_PATTERN.test(contents[index] ?? ''));
  },
});
