import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import { createSecretSealer } from './seal.ts';
import { openTestLog, TEST_START_TIME } from './testing/log.ts';
import { createWebhookDispatcher } from './webhooks.ts';

test('a secret that another key has encrypted is reported, and is left to a process that has the key', async (context) => {
  const { storage, bus, sealer, addEndpoint, close } = await openTestLog();
  context.after(close);
  const { endpoints } = storage;
  const registry = createMetricsRegistry();
  const lines = new PassThrough();
  let log = '';
  lines.on('data', (text) => {
    log += text;
  });
  const taken: string[] = [];
  const webhooks = createWebhookDispatcher({
    storage: {
      ...storage,
      leases: {
        ...storage.leases,
        insert(lease) {
          taken.push(lease.name);
          return storage.leases.insert(lease);
        },
      },
    },
    bus,
    genuine: async (records) => records,
    sealer,
    logger: createLogger({ name: 'test', level: 'info' }, lines),
    registry,
    settings: { WEBHOOKS_ALLOW_PRIVATE: true, WEBHOOKS_PAUSE_AFTER_DAYS: 5 },
    now: () => new Date(),
  });
  const { id } = await addEndpoint();
  await webhooks.start();
  context.after(webhooks.stop);
  assert.deepEqual(await webhooks.health(), [{ name: 'webhooks', state: 'ok', needed: false }]);
  assert.match(await registry.metrics(), /^latchkey_webhooks_unreadable_secrets 0$/m);

  // Another process adds an endpoint. Its key is newer than the keys of the tested process, which therefore
  // cannot decrypt the secret.
  const newer = createSecretSealer([{ bytes: randomBytes(32), kid: 'newer' }]);
  const later = {
    id: 'we_later',
    secrets: [{ secret: await newer.seal('we_later', 'whsec_AAAA'), since: TEST_START_TIME }],
  };
  await addEndpoint(later);
  const [health] = await webhooks.health();
  assert.equal(health?.state, 'degraded');
  assert.match(
    health?.detail ?? '',
    new RegExp(`^WEBHOOK_SECRET_KEY does not open the secrets of ${later.id}: add the key `),
  );
  assert.match(await registry.metrics(), /^latchkey_webhooks_unreadable_secrets 1$/m);
  while (!log.includes('does not open the secret of a webhook'))
    await new Promise((resolve) => lines.once('data', resolve));
  assert.ok(taken.includes(id) && !taken.includes(later.id));
  while (!(await registry.metrics()).includes(`behind_records{endpoint="${id}"} 0`)) await nextTurn();
  await endpoints.remove(later.id);
  assert.equal((await webhooks.health())[0]?.state, 'ok');
});
