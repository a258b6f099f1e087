import { commitStoresModelContract } from '../../ports/testing/model.contract.ts';
import { temporaryStores } from './stores.fixture.ts';

commitStoresModelContract(
  'sqlite',
  async () => {
    const { database, ...opened } = await temporaryStores();
    async function clear() {
      database.exec('DELETE FROM journal_commit; DELETE FROM journal_claim; DELETE FROM journal_snapshot');
    }
    return { ...opened, clear };
  },
  { numRuns: 100 },
);
