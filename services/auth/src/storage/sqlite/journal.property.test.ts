import { journalModelContract } from '../../ports/testing/journal.model.contract.ts';
import { temporaryDatabase } from './database.fixture.ts';
import { createSqliteJournal } from './journal.ts';

journalModelContract(
  'sqlite',
  async () => {
    const { database, close } = await temporaryDatabase();
    async function clear() {
      return database.exec(
        'DELETE FROM journal_commit; DELETE FROM journal_claim; DELETE FROM journal_snapshot',
      );
    }
    return { journal: createSqliteJournal(database), clear, close };
  },
  { numRuns: 100 },
);
