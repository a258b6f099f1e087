import { testDatabase } from '@latchkey/mongo/testing';
import { webhooksContract } from '../../webhooks.contract.ts';
import { openMongoWebhooks } from './webhooks.ts';

const database = testDatabase('webhooks', []);

webhooksContract('mongo', async () => {
  const { connection } = await database.empty();
  return { storage: openMongoWebhooks({ connection }), close: async () => undefined };
});
