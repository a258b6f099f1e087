import { createTestDatabase } from '@latchkey/mongo/testing';
import { authIndexes, openMongoStores } from '../storage/mongo/index.ts';
import { erasureCrashes } from './crash.contract.ts';
import { PERSONAL } from './testing/due-account.ts';

const database = createTestDatabase('erasure', authIndexes);

erasureCrashes('mongo', {
  open: async () => openMongoStores((await database.empty()).connection),
  async placesThatName() {
    const { connection } = await database.another();
    const collections = [...new Set(authIndexes.map(({ collection }) => collection))];
    const contents = await Promise.all(
      collections.map(async (name) => JSON.stringify(await connection.collection(name).find().toArray())),
    );
    return collections.filter((_, index) => PERSONAL.test(contents[index] ?? ''));
  },
});
