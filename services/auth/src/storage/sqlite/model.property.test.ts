import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import { defineCommitStoresModelContractTests } from '../../ports/testing/model.contract.ts';
import { openTemporaryStores } from './stores.fixture.ts';

defineCommitStoresModelContractTests(
  'sqlite',
  async () => {
    const { database, ...opened } = await openTemporaryStores();
    async function clear() {
      database.exec('DELETE FROM journal_commit; DELETE FROM journal_claim; DELETE FROM journal_snapshot');
    }
    return { ...opened, clear };
  },
  { numRuns: chooseRunCount({ some: 40, all: 100 }) },
);
