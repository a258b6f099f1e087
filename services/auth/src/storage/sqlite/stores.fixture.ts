import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '@latchkey/sqlite';
import type { Stores } from '../../ports/stores.ts';
import { openSqliteStores } from './index.ts';

/** Auth's stores in a temporary folder, which `close` deletes. */
export interface TemporaryStores {
  readonly database: Database;
  readonly stores: Stores;
  close(): Promise<void>;
}

export async function openTemporaryStores(): Promise<TemporaryStores> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-auth-'));
  const database = openDatabase({ folder, as: 'server' });
  return {
    database,
    stores: openSqliteStores(database),
    async close() {
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
}
