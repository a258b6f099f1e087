import { testDatabase } from '@latchkey/mongo/testing';
import { journalPagesContract } from '../../ports/testing/verifying.contract.ts';
import { COMMITS } from './commits.ts';
import { authIndexes, openMongoStores } from './index.ts';
import { createMongoJournalPages } from './verifying.ts';

const database = testDatabase('journal_pages', authIndexes);

journalPagesContract('mongo', async () => {
  await database.empty();
  const { connection, close } = await database.another();
  return {
    stores: openMongoStores(connection),
    pages: createMongoJournalPages(connection),
    damage: async ({ stream, number }) => {
      await connection.collection(COMMITS).updateOne({ stream, number }, { $set: { events: ['text'] } });
    },
    close,
  };
});
