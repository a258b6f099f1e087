import { journalPagesContract } from '../../ports/testing/verifying.contract.ts';
import { temporaryStores } from './stores.fixture.ts';
import { createSqliteJournalPages } from './verifying.ts';

journalPagesContract('sqlite', async () => {
  const { database, ...opened } = await temporaryStores();
  const damage = `UPDATE journal_commit SET events = '[{' WHERE stream = :stream AND number = :number`;
  return {
    ...opened,
    pages: createSqliteJournalPages(database),
    damage: ({ stream, number }) =>
      database.write(() => void database.prepare(damage).run({ stream, number })),
  };
});
