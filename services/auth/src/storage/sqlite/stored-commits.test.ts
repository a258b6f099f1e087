import { defineStoredCommitsContractTests } from '../../ports/testing/stored-commits.contract.ts';
import { openTemporaryStores } from './stores.fixture.ts';

defineStoredCommitsContractTests('sqlite', async () => {
  const { database, ...opened } = await openTemporaryStores();
  const damage = `UPDATE journal_commit SET events = '[{' WHERE stream = :stream AND number = :number`;
  return {
    ...opened,
    damage: ({ stream, number }) =>
      database.write(() => void database.prepare(damage).run({ stream, number })),
  };
});
