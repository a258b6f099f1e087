import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '@latchkey/sqlite';
import { webhooksContract } from '../../webhooks.contract.ts';
import { openSqliteWebhookStorage } from './webhooks.ts';

webhooksContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-webhooks-'));
  const store = openSqlite({ folder, as: 'server' });
  return {
    storage: openSqliteWebhookStorage(store),
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
