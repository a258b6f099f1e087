import { journalPagesContract } from '../ports/verifying.contract.ts';
import { temporaryDatabase } from './database.fixture.ts';
import { createSqliteJournal } from './journal.sqlite.ts';
import { createSqliteLeases } from './leases.sqlite.ts';
import { createSqliteRequests } from './requests.sqlite.ts';
import { createSqliteJournalPages } from './verifying.sqlite.ts';

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
