import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '@latchkey/sqlite';
import { type AllowedPlan, refuseTableScans } from '@latchkey/sqlite/testing';
import { webhooksContract } from '../../webhooks.contract.ts';
import { openSqliteWebhookStorage } from './webhooks.ts';

const allowed: readonly AllowedPlan[] = [
  { plan: /^SCAN webhook_endpoint\b/, because: 'the number of endpoints is limited' },
  { plan: /^SCAN webhook_key\b/, because: 'each setting with keys has one row' },
  {
    plan: /^USE TEMP B-TREE FOR ORDER BY: SELECT \* FROM webhook_attempt WHERE endpoint = :endpoint/,
    because: 'the number of attempts that are kept for an endpoint is limited',
  },
];

webhooksContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-webhooks-'));
  const store = openSqlite({ folder, as: 'server' });
  return {
    storage: openSqliteWebhookStorage({ database: refuseTableScans(store.database, allowed) }),
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
