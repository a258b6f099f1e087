import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '@latchkey/sqlite';
import { refuseTableScans } from '@latchkey/sqlite/testing';
import { serviceClientsContract } from '../../service-clients.contract.ts';
import { openSqliteServiceClients } from './clients.ts';

serviceClientsContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-clients-'));
  const store = openSqlite({ folder, as: 'server' });
  return {
    clients: openSqliteServiceClients({ database: refuseTableScans(store.database) }).clients,
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
