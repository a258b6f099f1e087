import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { SecretKey } from '@latchkey/process';
import { createUniformLimitRules } from '../ports/testing/limit-rules.ts';
import { openTemporaryStores } from '../storage/sqlite/stores.fixture.ts';
import { withHashedRateLimitKeys } from './hashed-keys.ts';

function createKey(): SecretKey {
  return { bytes: randomBytes(32) };
}

test('counts are stored under keyed hashes, which a newer key does not change', async (t) => {
  const { stores, database, close } = await openTemporaryStores();
  t.after(close);
  const counts = stores.limits(createUniformLimitRules({ points: 2, seconds: 60 }));
  const [old, newer] = [createKey(), createKey()];
  const [limits, rotated, others] = [
    withHashedRateLimitKeys(counts, [old]),
    withHashedRateLimitKeys(counts, [newer, old]),
    withHashedRateLimitKeys(counts, [newer]),
  ];
  const address = 'ada@example.com';
  await limits.take('login-address', address, 2);
  const rows = database.prepare('SELECT * FROM limit_count').all();
  assert.equal(rows.length, 1);
  assert.doesNotMatch(JSON.stringify(rows), /ada|example/);
  assert.equal((await rotated.peek('login-address', address)).allowed, false);
  assert.equal((await others.peek('login-address', address)).allowed, true);
  await rotated.giveBack('login-address', address);
  assert.equal((await limits.take('login-address', address)).allowed, true);
  await limits.clear('login-address', address);
  assert.equal((await limits.peek('login-address', address)).allowed, true);
});
