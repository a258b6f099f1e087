import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '@latchkey/sqlite';
import { type AllowedPlan, refuseTableScans } from '@latchkey/sqlite/testing';
import { defineGenerationsContractTests } from '../../ports/generations.contract.ts';
import { openSqliteUserStorage } from './index.ts';

const allowed: readonly AllowedPlan[] = [
  { plan: /^SCAN user_generations\b/, because: 'the table has one row' },
  { plan: /^SCAN sqlite_master\b/, because: 'the number of tables is small' },
  {
    plan: /^SCAN user_profiles_v\d+\b.*: DELETE FROM user_profiles_v\d+ WHERE rowid IN \(SELECT rowid FROM \w+ LIMIT/,
    because: 'it reads only the rows that it deletes',
  },
  { plan: /^SCAN user_profiles_v\d+\b.*: SELECT 1 FROM user_profiles_v\d+$/, because: 'it reads one row' },
];

defineGenerationsContractTests('sqlite', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-generations-'));
  const [server, ops] = [openSqlite({ folder, as: 'server' }), openSqlite({ folder, as: 'shared' })] as const;
  context.after(async () => {
    await ops.close();
    await server.close();
    await rm(folder, { recursive: true });
  });
  return {
    ...openSqliteUserStorage({ database: refuseTableScans(server.database, allowed) }),
    others: openSqliteUserStorage({ database: refuseTableScans(ops.database, allowed) }).generations,
  };
});
