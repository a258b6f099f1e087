import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '@latchkey/sqlite';

/** A database in a folder of its own, which goes with it. */
export async function temporaryDatabase(): Promise<{ database: Database; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-auth-'));
  const database = openDatabase({ folder, as: 'server' });
  return {
    database,
    async close() {
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
}
