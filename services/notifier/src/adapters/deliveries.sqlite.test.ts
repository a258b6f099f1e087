import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@latchkey/sqlite';
import { deliveriesContract } from '../ports/deliveries.contract.ts';
import { createSqliteDeliveries } from './deliveries.sqlite.ts';

deliveriesContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-deliveries-'));
  const database = openDatabase({ folder, as: 'server' });
  return {
    deliveries: createSqliteDeliveries(database),
    another: async () => createSqliteDeliveries(database),
    dump: async () => JSON.stringify(database.prepare('SELECT * FROM notifier_deliveries').all()),
    close: async () => {
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
});
