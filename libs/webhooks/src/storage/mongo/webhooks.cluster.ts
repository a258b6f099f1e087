import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '@latchkey/mongo/testing';
import { createEndpoint } from '../../endpoint.ts';
import { webhooksContract } from '../../webhooks.contract.ts';
import { openMongoWebhookStorage, webhookIndexes } from './webhooks.ts';

const database = createTestDatabase('webhooks', webhookIndexes, [
  { query: /^find webhook_endpoints \{ {2}\}/, because: 'the number of endpoints is limited' },
  { query: /^find webhook_keys \{ {2}\}/, because: 'each setting with keys has one document' },
]);

webhooksContract('mongo', async () => {
  const { connection } = await database.empty();
  return { storage: openMongoWebhookStorage({ connection }), close: async () => undefined };
});

test('what was sent before a move is found by account, for an endpoint if it has its own', async () => {
  const { connection } = await database.empty();
  const { target, sentBefore, endpoints } = openMongoWebhookStorage({ connection });
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

test('an endpoint counts as moved as it was or in a later state, but not if it has changed at the source since', async () => {
  const { connection } = await database.empty();
  const { target, endpoints } = openMongoWebhookStorage({ connection });
  assert.ok(target);
  const fields = { name: 'crm', url: 'https://crm.example.com/', person: false, from: 'now' } as const;
  const crm = createEndpoint(fields, { id: 'we_1', sealed: 'e30..a.b.c', now: new Date() });
  await target.endpoints.add([crm]);
  assert.equal(await target.endpoints.held([crm]), 1);
  assert.equal(await target.endpoints.held([{ ...crm, version: crm.version + 1 }]), 0);
  assert.ok(await endpoints.replace(crm));
  assert.equal(await target.endpoints.held([crm]), 1);
});
