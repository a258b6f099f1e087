import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mapSqliteErrors } from '@latchkey/sqlite';
import { createCommit } from '../../ports/testing/commits.ts';
import { createUniformLimitRules } from '../../ports/testing/limit-rules.ts';
import { defineStoresContractTests } from '../../ports/testing/stores.contract.ts';
import { unlimitedRateLimits } from '../limits.ts';
import { openTemporaryStores } from './stores.fixture.ts';

defineStoresContractTests('sqlite', openTemporaryStores);

describe('the stores on sqlite', () => {
  test('say that their store is down, reading and writing', async () => {
    const { stores, close } = await openTemporaryStores();
    const { journal, sessions, requests, leases, trustedAddresses } = stores;
    const limits = stores.limits(createUniformLimitRules({ points: 1, seconds: 60 }));
    await close();

    const now = new Date();
    const asked = [
      () => journal.append(createCommit()),
      () => journal.read('a'),
      () => sessions.find('a'),
      () => sessions.remove('a', 'b'),
      () => requests.count(),
      () => requests.done('a', 'b'),
      () => leases.insert({ name: 'a', holder: 'b', until: now }),
      () => limits.take('login-ip', 'a'),
      () => limits.peek('login-ip', 'a'),
      () => limits.clear('login-ip', 'a'),
      () => trustedAddresses.isTrusted({ address: 'a', ip: 'b' }, now),
    ];
    for (const ask of asked) await assert.rejects(ask(), { name: 'StoreUnavailable' });
  });

  test('do not blame the store for a bug', async () => {
    const bug = new TypeError('a bug');
    const port = mapSqliteErrors({ ask: () => Promise.reject(bug) });
    await assert.rejects(port.ask(), bug);
  });

  test('release what a former process held', async () => {
    const { stores, close } = await openTemporaryStores();
    const { leases, requests } = stores;
    const lease = { name: 'sweep', holder: 'gone', until: new Date(60_000) };
    assert.equal(await leases.insert(lease), true);
    const request = {
      id: '0198c0de-0000-7000-8000-000000000001',
      kind: 'password-reset',
      address: 'ada@example.com',
      at: new Date(0).toISOString(),
      correlationId: 'request-1',
    } as const;
    await requests.add(request);
    const claim = { now: new Date(0), leaseMs: 60_000, limit: 1 };
    assert.deepEqual(await requests.claim({ ...claim, owner: 'gone' }), [request]);
    assert.deepEqual(await requests.claim({ ...claim, owner: 'new' }), []);

    await stores.reclaim();
    assert.equal(await leases.find('sweep'), undefined);
    assert.deepEqual(await requests.claim({ ...claim, owner: 'new' }), [request]);
    await close();
  });
});

test('without limits everything is allowed', async () => {
  for (let i = 0; i < 100; i += 1)
    assert.deepEqual(await unlimitedRateLimits.take('login-ip', 'a'), { allowed: true });
  assert.deepEqual(await unlimitedRateLimits.peek('login-ip', 'a'), { allowed: true });
});
