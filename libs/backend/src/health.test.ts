import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskFullError, StoreUnavailable } from '@latchkey/store';
import { checkBusHealth, checkStoreHealth, createStoreWriteProbe } from './health.ts';

test('a store is asked to write at most every five seconds, however often its state is asked for', async () => {
  let ms = 0;
  let writes = 0;
  let isFull = false;
  const probe = createStoreWriteProbe(
    {
      async checkWritable() {
        writes += 1;
        if (isFull) throw new Error('full');
      },
    },
    () => ms,
  );
  await Promise.all([probe(), probe()]);
  ms = 4_999;
  await probe();
  assert.equal(writes, 1);
  isFull = true;
  ms = 5_000;
  await assert.rejects(probe());
  await assert.rejects(probe());
  assert.equal(writes, 2);
  isFull = false;
  ms = 10_000;
  await probe();
});

test('a store that cannot be reached is down, with a detail', async () => {
  const away = () => Promise.reject(new StoreUnavailable(new Error('away')));
  const down = { name: 'journal', state: 'down', needed: true } as const;
  assert.deepEqual(await checkStoreHealth('journal', away), { ...down, detail: 'cannot be reached' });
  assert.deepEqual(await checkStoreHealth('journal', away, 'mails wait'), { ...down, detail: 'mails wait' });
  const full = () => Promise.reject(new StoreUnavailable(new DiskFullError()));
  assert.equal((await checkStoreHealth('journal', full)).detail, new DiskFullError().message);
});

test('a consumer with invalid positions is degraded, and names the command to run', () => {
  const subscription = {
    lag: async () => 0,
    caughtUp: async () => true,
    healthy: () => true,
    faults: () => ['Group user was at offset 5 of a 0.'],
    close: async () => undefined,
  };
  assert.deepEqual(checkBusHealth(subscription), {
    name: 'bus',
    needed: false,
    state: 'degraded',
    detail: 'Group user was at offset 5 of a 0. Run: npm run ops -- verify',
  });
  assert.equal(checkBusHealth({ ...subscription, faults: () => [] }).state, 'ok');
  assert.equal(checkBusHealth({ ...subscription, healthy: () => false }).state, 'down');
});
