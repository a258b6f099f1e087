import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '@latchkey/mongo/testing';
import type { ServiceClient } from '../../client.ts';
import { serviceClientsContract } from '../../service-clients.contract.ts';
import { openMongoServiceClients } from './clients.ts';

const database = createTestDatabase('clients', [], []);

serviceClientsContract('mongo', async () => {
  const { connection } = await database.empty();
  return { clients: openMongoServiceClients({ connection }).clients, close: async () => undefined };
});

test('a client counts as moved only with the keys that it has at the source', async () => {
  const { connection } = await database.empty();
  const { target } = openMongoServiceClients({ connection });
  assert.ok(target);
  const now = new Date();
  const client: ServiceClient = {
    id: '5b1f0c9a7d3e2468',
    name: 'crm',
    scopes: ['events'],
    person: false,
    createdAt: now,
    keys: [
      { hash: 'former', since: now, until: now },
      { hash: 'current', since: now },
    ],
  };
  await target.add([client]);
  assert.equal(await target.held([client]), 1);
  assert.equal(await target.held([{ ...client, keys: client.keys.slice(1) }]), 0);
});
