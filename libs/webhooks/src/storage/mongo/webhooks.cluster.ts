import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '@latchkey/mongo/testing';
import { webhooksContract } from '../../webhooks.contract.ts';
import { openMongoWebhooks } from './webhooks.ts';

const database = testDatabase('webhooks', []);

webhooksContract('mongo', async () => {
  const { connection } = await database.empty();
  return { storage: openMongoWebhooks({ connection }), close: async () => undefined };
});

test('what was sent before a move is found by account, for an endpoint if it has its own', async () => {
  const { connection } = await database.empty();
  const { target, sentBefore, endpoints } = openMongoWebhooks({ connection });
  await target?.sentBefore.add([
    { account: 'ada', sequence: 7 },
    { account: 'bob', sequence: 3 },
    { account: 'ada', endpoint: 'we_1', sequence: 0 },
  ]);
  const accounts = ['ada', 'bob', 'carl'];
  assert.deepEqual(
    await sentBefore.find('we_1', accounts),
    new Map([
      ['ada', 0],
      ['bob', 3],
    ]),
  );
  assert.equal((await sentBefore.find('we_2', accounts)).get('ada'), 7);
  await endpoints.remove('we_1');
  assert.equal((await sentBefore.find('we_1', accounts)).get('ada'), 7);
});
