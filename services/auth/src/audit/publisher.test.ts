import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { OutgoingRecord } from '@latchkey/bus';
import { createLogger } from '@latchkey/process';
import { createLoopWakeup } from '@latchkey/process/loop';
import { createLeases } from '@latchkey/store';
import { v7 } from 'uuid';
import type { AuditEntry } from '../ports/audit-log.ts';
import { openTemporaryStores, type TemporaryStores } from '../storage/sqlite/stores.fixture.ts';
import { waitUntil } from '../testing/until.ts';
import { createAuditPublisher } from './publisher.ts';

const DAY = 24 * 60 * 60_000;
const now = new Date('2026-03-01T12:00:00.000Z');

function entryOf(given: Partial<AuditEntry> = {}): AuditEntry {
  const headers = { ce_type: 'LoginFailed' };
  return { id: v7(), time: now.toISOString(), kept: false, headers, value: '{}', ...given };
}

describe('the publisher of security events', () => {
  let opened: TemporaryStores;
  let published: OutgoingRecord[];
  let isAway: boolean;
  let refusals: number;
  let isClockTrusted: boolean;

  beforeEach(async () => {
    opened = await openTemporaryStores();
    published = [];
    isAway = false;
    refusals = 0;
    isClockTrusted = true;
  });
  afterEach(() => opened.close());

  function publisher(instance = 'one') {
    const { auditLog, leases } = opened.stores;
    const wakeup = createLoopWakeup();
    const part = createAuditPublisher({
      auditLog,
      bus: {
        publish: async (topic, records) => {
          assert.equal(topic, 'security.events.v1');
          if (isAway) {
            refusals += 1;
            throw new Error('no broker');
          }
          published.push(...records);
        },
      },
      leases: createLeases(leases),
      instance,
      retentionDays: 90,
      clock: { isTrusted: () => isClockTrusted },
      logger: createLogger({ name: 'test', level: 'silent' }),
      now: () => now,
      wakeup,
    });
    return { ...part, wake: wakeup.wake };
  }

  test('publishes the events of all processes, in order, with the account as the key', async () => {
    const account = randomUUID();
    const { auditLog } = opened.stores;
    await auditLog.add([entryOf({ account, kept: true, value: '{"n":1}' }), entryOf({ value: '{"n":2}' })]);
    const { start, stop } = publisher();
    await start();
    await waitUntil(async () => (await auditLog.backlog(1)) === 0);
    await stop();
    assert.deepEqual(
      published.map(({ key, value }) => [key, String(value)]),
      [
        [account, '{"n":1}'],
        [null, '{"n":2}'],
      ],
    );
  });

  test('keeps events in the outbox while the log refuses them, and publishes them later', async () => {
    const { auditLog } = opened.stores;
    isAway = true;
    const { start, stop, wake } = publisher();
    await start();
    await auditLog.add([entryOf()]);
    wake();
    await waitUntil(async () => refusals > 0);
    assert.equal(await auditLog.backlog(10), 1);
    isAway = false;
    wake();
    await waitUntil(async () => (await auditLog.backlog(1)) === 0);
    await stop();
    assert.equal(published.length, 1);
  });

  test('leaves the outbox to the process that holds the lease', async () => {
    const { auditLog, leases } = opened.stores;
    await leases.insert({ name: 'audit', holder: 'another', until: new Date(now.getTime() + 1000) });
    await auditLog.add([entryOf()]);
    const { start, stop } = publisher();
    await start();
    await stop();
    assert.equal(published.length, 0);
    assert.equal(await auditLog.backlog(10), 1);
  });

  test('deletes what is older than the retention, but only by a clock that is trusted', async () => {
    const { auditLog } = opened.stores;
    const account = randomUUID();
    const old = entryOf({ account, kept: true, time: new Date(now.getTime() - 90 * DAY - 1).toISOString() });
    const young = entryOf({ account, kept: true, time: new Date(now.getTime() - 90 * DAY).toISOString() });
    await auditLog.add([old, young]);
    await auditLog.markPublished([old, young]);
    isClockTrusted = false;
    const distrusting = publisher();
    await distrusting.start();
    await distrusting.stop();
    assert.equal((await auditLog.ofAccount(account, { limit: 10 })).length, 2);
    isClockTrusted = true;
    const { start, stop } = publisher();
    await start();
    await waitUntil(async () => (await auditLog.ofAccount(account, { limit: 10 })).length === 1);
    await stop();
    assert.deepEqual(await auditLog.ofAccount(account, { limit: 10 }), [young]);
  });
});
