import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@latchkey/sqlite';
import { deliveryRecordsContract } from '../ports/verifying.contract.ts';
import { openDeliveryView } from '../verifying.ts';
import { createSqliteDeliveries } from './deliveries.sqlite.ts';

deliveryRecordsContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-deliveries-'));
  const database = openDatabase({ folder, as: 'server' });
  return {
    view: openDeliveryView({ database }),
    deliveries: createSqliteDeliveries(database),
    close: async () => {
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
});
