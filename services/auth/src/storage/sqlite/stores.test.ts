import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Database, mapSqliteErrors } from '@latchkey/sqlite';
import { createCommit, createRegistrationCommit } from '../../ports/testing/commits.ts';
import { createUniformLimitRules } from '../../ports/testing/limit-rules.ts';
import { storesContract } from '../../ports/testing/stores.contract.ts';
import { unlimitedRateLimits } from '../limits.ts';
import { openSqliteAuthStores } from './index.ts';
import { openTemporaryStores } from './stores.fixture.ts';

storesContract('sqlite', openTemporaryStores);

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

  test('search an index with every query on commits, security events and limits', async () => {
    const { database, close } = await openTemporaryStores();
    const statements = new Set<string>();
    const recording: Database = {
      ...database,
      prepare(sql) {
        statements.add(sql);
        return database.prepare(sql);
      },
    };
    const stores = openSqliteAuthStores(recording);
    const { auditLog, journal, outbox, registrations, snapshots, keyFingerprints } = stores;
    const limits = stores.limits(createUniformLimitRules({ points: 1, seconds: 60 }));
    const commit = createRegistrationCommit('ada@example.com', { claims: ['a'] });
    const { stream } = commit;
    await journal.append(commit);
    await journal.read(stream);
    await journal.byCommand(commit.commandId);
    await journal.holder('a');
    await journal.countClaims('a');
    await journal.roleChanges();
    await registrations.living('ada@example.com');
    await registrations.page({ limit: 1 });
    await registrations.settle(stream);
    await outbox.unpublished([stream]);
    await outbox.waiting({ recent: { from: new Date(), to: new Date() }, limit: 1 });
    await outbox.backlog();
    await outbox.markPublished([commit]);
    await snapshots.save({ stream, number: 1, sequence: 1, stateVersion: 1, state: {} });
    await snapshots.find(stream);
    const since = new Date();
    await keyFingerprints.check({ salt: { keys: ['s'], needed: true } }, since);
    await keyFingerprints.forget('salt', 's', [{ key: 's', since }]);
    await auditLog.unpublished(1);
    await auditLog.backlog(1);
    await auditLog.ofAccount('a', { limit: 1 });
    await auditLog.removeBefore(new Date(), 1);
    await limits.take('login-ip', 'a');
    await limits.peek('login-ip', 'a');
    await limits.giveBack('login-ip', 'a');
    await limits.clear('login-ip', 'a');
    await limits.removeExpired();
    await stores.trustedAddresses.trust({ address: 'a', ip: 'b' }, new Date());
    await stores.trustedAddresses.isTrusted({ address: 'a', ip: 'b' }, new Date());
    await stores.trustedAddresses.removeExpired(new Date());

    function planOf(sql: string): readonly string[] {
      const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
      return rows.map((row) => String(row['detail']));
    }
    // The pairs of an address are few, so they are sorted without an index.
    const sorting = 'USE TEMP B-TREE FOR ORDER BY';
    const plans = [...statements].flatMap((sql) =>
      planOf(sql).filter((plan) => !(plan === sorting && /ORDER BY until DESC/.test(sql))),
    );
    assert.ok(plans.length >= 12);
    // These queries may scan. They scan either a partial index, which contains only the backlog or the role
    // changes, or the subquery that counts the backlog, which has a limit.
    const backlog =
      /USING (?:COVERING )?INDEX (?:journal_unpublished_by_time|journal_role_change|audit_entry_unpublished)|SCAN \(subquery-\d+\)/;
    assert.deepEqual(
      plans.filter((plan) => (/SCAN/.test(plan) && !backlog.test(plan)) || /TEMP B-TREE/.test(plan)),
      [],
    );
    await close();
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
