import { createTestDatabase } from '@latchkey/mongo/testing';
import { defineStoredCommitsContractTests } from '../../ports/testing/stored-commits.contract.ts';
import { COMMITS_COLLECTION } from './commits.ts';
import { authIndexes, openMongoAuthStores } from './index.ts';

const database = createTestDatabase('stored_commits', authIndexes, [
  { query: /^find auth_requests \{/, because: 'requests are deleted once they are processed' },
  { query: /^find auth_leases \{ until \$lt \}/, because: 'each job has one lease' },
]);

defineStoredCommitsContractTests('mongo', async () => {
  await database.empty();
  const { connection, close } = await database.another();
  return {
    stores: openMongoAuthStores(connection),
    damage: async ({ stream, number }) => {
      await connection
        .collection(COMMITS_COLLECTION)
        .updateOne({ stream, number }, { $set: { events: ['text'] } });
    },
    close,
  };
});
