import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '@latchkey/sqlite';
import { refuseTableScans } from '@latchkey/sqlite/testing';
import { defineSuppressionsContractTests } from '../../ports/suppressions.contract.ts';
import { openSqliteNotifierStorage } from './index.ts';

defineSuppressionsContractTests('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-suppressions-'));
  const store = openSqlite({ folder, as: 'server' });
  return {
    suppressions: openSqliteNotifierStorage({ database: refuseTableScans(store.database) }).suppressions,
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
