import { journalPagesContract } from '../../ports/testing/verifying.contract.ts';
import { temporaryDatabase } from './database.fixture.ts';
import { createSqliteJournal } from './journal.ts';
import { createSqliteLeases } from './leases.ts';
import { createSqliteRequests } from './requests.ts';
import { createSqliteJournalPages } from './verifying.ts';

journalPagesContract('sqlite', async () => {
  const { database, close } = await temporaryDatabase();
  return {
    pages: createSqliteJournalPages(database),
    journal: createSqliteJournal(database),
    leases: createSqliteLeases(database),
    requests: createSqliteRequests(database),
    damage: ({ stream, number }) =>
      database.write(
        () =>
          void database
            .prepare(`UPDATE journal_commit SET events = '[{' WHERE stream = ? AND number = ?`)
            .run(stream, number),
      ),
    close,
  };
});
