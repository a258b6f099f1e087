import { testDatabase } from '@latchkey/mongo/testing';
import { journalPagesContract } from '../../ports/testing/verifying.contract.ts';
import { createMongoJournal } from './journal.ts';
import { createMongoLeases } from './leases.ts';
import { createMongoRequests } from './requests.ts';
import { COMMITS, journalIndexes } from './schema.ts';
import { createMongoJournalPages } from './verifying.ts';

const database = testDatabase('journal_pages', journalIndexes);

journalPagesContract('mongo', async () => {
  await database.empty();
  const { connection, close } = await database.another();
  return {
    pages: createMongoJournalPages(connection),
    journal: createMongoJournal(connection),
    leases: createMongoLeases(connection),
    requests: createMongoRequests(connection),
    damage: async ({ stream, number }) => {
      await connection.collection(COMMITS).updateOne({ stream, number }, { $set: { events: ['text'] } });
    },
    close,
  };
});
