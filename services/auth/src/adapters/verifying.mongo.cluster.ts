import { testDatabase } from '@latchkey/mongo/testing';
import { journalPagesContract } from '../ports/verifying.contract.ts';
import { COMMITS, journalIndexes } from './journal.mongo.schema.ts';
import { createMongoJournal } from './journal.mongo.ts';
import { createMongoLeases } from './leases.mongo.ts';
import { createMongoRequests } from './requests.mongo.ts';
import { createMongoJournalPages } from './verifying.mongo.ts';

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
