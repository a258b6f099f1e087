import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { openSqlite } from '@latchkey/sqlite';
import { type AllowedPlan, refuseTableScans } from '@latchkey/sqlite/testing';
import { defineDeliveriesContractTests } from '../../ports/deliveries.contract.ts';
import { openSqliteNotifierStorage } from './index.ts';

const allowed: readonly AllowedPlan[] = [
  {
    plan: /^USE TEMP B-TREE FOR LAST TERM OF ORDER BY: .* ORDER BY occurred_at DESC, id DESC/,
    because: 'it sorts only deliveries of the same time',
  },
  {
    plan: /^USE TEMP B-TREE FOR ORDER BY: SELECT occurred_at FROM \( SELECT min/,
    because: 'it sorts two rows',
  },
  { plan: /^USE TEMP B-TREE .* subject = :subject/, because: 'it sorts only the deliveries of an account' },
];

async function open() {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-deliveries-'));
  const store = openSqlite({ folder, as: 'server' });
  function openStorage() {
    return openSqliteNotifierStorage({ database: refuseTableScans(store.database, allowed) });
  }
  return {
    ...openStorage(),
    another: async () => openStorage().deliveries,
    dump: async () => JSON.stringify(store.database.prepare('SELECT * FROM notifier_deliveries').all()),
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

defineDeliveriesContractTests('sqlite', open);

const delivery = {
  id: randomUUID(),
  eventId: randomUUID(),
  subject: randomUUID(),
  sequence: 1,
  mail: 'welcome',
  locale: 'en',
  correlationId: 'request-1',
  occurredAt: new Date(0),
  sendUntil: new Date(3_600_000),
  content: { to: 'ada@example.com', username: 'ada' },
} as const;

it('claims immediately what a former process had claimed', async () => {
  const { deliveries, reclaim, close } = await open();
  const now = new Date(0);
  await deliveries.record({ deliveries: [delivery], cutoffs: [] }, now);
  const claim = { now, leaseMs: 90_000, limit: 10 };
  assert.equal((await deliveries.claim({ ...claim, owner: 'gone' })).length, 1);
  assert.equal((await deliveries.claim({ ...claim, owner: 'new' })).length, 0);
  await reclaim();
  assert.equal((await deliveries.claim({ ...claim, owner: 'new' })).length, 1);
  assert.equal(await deliveries.settle(delivery.id, 'gone', { state: 'sent', at: now }), false);
  await close();
});

it('claims and expires in the order of an index, so that the cost does not depend on how many are pending', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-deliveries-'));
  const store = openSqlite({ folder, as: 'server' });
  const statements = new Set<string>();
  const { deliveries } = openSqliteNotifierStorage({
    ...store,
    database: {
      ...store.database,
      prepare(sql) {
        statements.add(sql);
        return store.database.prepare(sql);
      },
    },
  });
  const now = new Date(0);
  await deliveries.record({ deliveries: [delivery], cutoffs: [] }, now);
  statements.clear();
  await deliveries.claim({ owner: 'me', now, leaseMs: 90_000, limit: 10 });
  await deliveries.release('me', now);
  assert.equal(await deliveries.expire(delivery.sendUntil), 1);
  const byTime = [...statements].filter((sql) => sql.includes('send_until'));
  const plans = byTime.flatMap((sql) =>
    store.database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => String(row['detail'])),
  );
  const searches = plans
    .filter((plan) => /notifier_deliveries|ORDER BY|SCAN/.test(plan))
    .filter((plan) => !plan.endsWith('(id=?)'));
  assert.equal(searches.length, 3, searches.join());
  for (const plan of searches) assert.match(plan, /USING INDEX notifier_deliveries_open \(send_until/);
  await store.close();
  await rm(folder, { recursive: true });
});

it('ends many expired deliveries in several writes, so that requests need not wait for all of them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-deliveries-'));
  const store = openSqlite({ folder, as: 'server' });
  let writes = 0;
  const { deliveries } = openSqliteNotifierStorage({
    ...store,
    database: {
      ...store.database,
      write(...given) {
        writes += 1;
        return store.database.write(...given);
      },
    },
  });
  const many = Array.from({ length: 1200 }, () => ({ ...delivery, id: randomUUID() }));
  const batch = { deliveries: many, cutoffs: [] };
  await deliveries.record({ ...batch, mayExpire: false }, delivery.sendUntil);
  writes = 0;
  assert.equal(await deliveries.expire(delivery.sendUntil), 1200);
  assert.equal(writes, 3);
  const more = many.map((each) => ({ ...each, id: randomUUID() }));
  await deliveries.record({ ...batch, deliveries: more }, delivery.sendUntil);
  assert.equal((await deliveries.census()).expired, 2400);
  await store.close();
  await rm(folder, { recursive: true });
});
