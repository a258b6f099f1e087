import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '@latchkey/sqlite';
import type { AuthStores } from '../../ports/stores.ts';
import { openSqliteAuthStores } from './index.ts';

/** Auth's stores in a temporary folder, which `close` deletes. */
export interface TemporaryStores {
  readonly database: Database;
  readonly stores: AuthStores;
  close(): Promise<void>;
}

export async function openTemporaryStores(): Promise<TemporaryStores> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-auth-'));
  const database = openDatabase({ folder, as: 'server' });
  return {
    database,
    stores: openSqliteAuthStores(database),
    async close() {
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
}
