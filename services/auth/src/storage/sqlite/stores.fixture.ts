import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '@latchkey/sqlite';
import { type AllowedPlan, refuseTableScans } from '@latchkey/sqlite/testing';
import type { AuthStores } from '../../ports/stores.ts';
import { openSqliteAuthStores } from './index.ts';

/** Auth's stores in a temporary folder, which `close` deletes. The stores refuse statements that scan a table. */
export interface TemporaryStores {
  readonly database: Database;
  readonly stores: AuthStores;
  close(): Promise<void>;
}

const allowed: readonly AllowedPlan[] = [
  { plan: /^SCAN request\b/, because: 'requests are deleted once they are processed, so the table is small' },
  { plan: /^SCAN lease: SELECT .* WHERE until < :before LIMIT/, because: 'each job has one lease' },
  { plan: /^SCAN journal_fingerprint\b/, because: 'each setting with keys has one row' },
  { plan: /INDEX journal_unpublished_by_time\b/, because: 'this partial index contains only the backlog' },
  { plan: /INDEX audit_entry_unpublished\b/, because: 'this partial index contains only the backlog' },
  { plan: /INDEX journal_role_change\b/, because: 'this partial index contains only changes of roles' },
  {
    plan: /^USE TEMP B-TREE FOR ORDER BY: DELETE FROM trusted_address .* ORDER BY until DESC/,
    because: 'the number of pairs of an address is limited',
  },
  {
    plan: /^USE TEMP B-TREE FOR DISTINCT: SELECT DISTINCT stream FROM journal_claim WHERE claim >= :from AND/,
    because: 'it sorts only the claims in a range',
  },
  {
    plan: /^USE TEMP B-TREE FOR GROUP BY: SELECT key, count\(\*\) AS sessions FROM session/,
    because: 'only an ops command counts the sessions of each key',
  },
];

export async function openTemporaryStores(): Promise<TemporaryStores> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-auth-'));
  const database = openDatabase({ folder, as: 'server' });
  return {
    database,
    stores: openSqliteAuthStores(refuseTableScans(database, allowed)),
    async close() {
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
}
