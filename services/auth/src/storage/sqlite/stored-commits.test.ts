import { storedCommitsContract } from '../../ports/testing/stored-commits.contract.ts';
import { temporaryStores } from './stores.fixture.ts';

storedCommitsContract('sqlite', async () => {
  const { database, ...opened } = await temporaryStores();
  const damage = `UPDATE journal_commit SET events = '[{' WHERE stream = :stream AND number = :number`;
  return {
    ...opened,
    damage: ({ stream, number }) =>
      database.write(() => void database.prepare(damage).run({ stream, number })),
  };
});
