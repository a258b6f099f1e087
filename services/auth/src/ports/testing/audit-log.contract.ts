/** Defines the tests that every store of security events must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { v7 } from 'uuid';
import type { AuditEntry, AuditLog } from '../audit-log.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

const start = Date.parse('2026-03-01T12:00:00.000Z');

/**
 * Returns an entry of the audit log.
 * @param second the time of the event, in seconds after the start of the test; later entries have higher ids
 */
function entryAt(second: number, given: Partial<AuditEntry> = {}): AuditEntry {
  const msecs = start + second * 1000;
  return {
    id: v7({ msecs }),
    time: new Date(msecs).toISOString(),
    kept: false,
    headers: { ce_type: 'LoginFailed', 'content-type': 'application/json' },
    value: '{"actor":"unknown"}',
    ...given,
  };
}

export function defineAuditLogContractTests(name: string, open: OpenEmptyStores): void {
  describe(`security events on ${name}`, () => {
    let log: AuditLog;
    let close: () => Promise<void>;
    let account: string;

    beforeEach(async () => {
      const opened = await open();
      log = opened.stores.auditLog;
      close = opened.close;
      account = randomUUID();
    });
    afterEach(() => close());

    test('are in the outbox once they were added, oldest first', async () => {
      const [first, second, third] = [entryAt(1, { account, kept: true }), entryAt(2), entryAt(3)];
      await log.add([third, first]);
      await log.add([second]);
      assert.deepEqual(await log.unpublished(10), [first, second, third]);
      assert.deepEqual(await log.unpublished(2), [first, second]);
    });

    test('may be added again, after a lost answer', async () => {
      const [one, other] = [entryAt(1), entryAt(2)];
      await log.add([one]);
      await log.add([one, other]);
      assert.deepEqual(await log.unpublished(10), [one, other]);
    });

    test('leave the outbox when they are published, also twice', async () => {
      const [first, second] = [entryAt(1), entryAt(2, { account, kept: true })];
      await log.add([first, second]);
      await log.markPublished([first]);
      await log.markPublished([first]);
      assert.deepEqual(await log.unpublished(10), [second]);
      await log.markPublished([second]);
      assert.deepEqual(await log.unpublished(10), []);
    });

    test('are counted while they are in the outbox, up to a limit', async () => {
      assert.equal(await log.backlog(10), 0);
      const entries = [1, 2, 3].map((second) => entryAt(second));
      await log.add(entries);
      assert.equal(await log.backlog(10), 3);
      assert.equal(await log.backlog(2), 2);
      await log.markPublished(entries.slice(1));
      assert.equal(await log.backlog(10), 1);
    });

    test('about an account are found by it, published or not, if they are kept', async () => {
      const mine = [1, 3, 5].map((second) => entryAt(second, { account, kept: true }));
      const others = [entryAt(2, { account: randomUUID(), kept: true }), entryAt(4, { account }), entryAt(6)];
      await log.add([...others, ...mine]);
      assert.deepEqual(await log.ofAccount(account, { limit: 10 }), mine);
      await log.markPublished([...others, ...mine]);
      assert.deepEqual(await log.ofAccount(account, { limit: 10 }), mine);
    });

    test('about an account come in pages', async () => {
      const mine = [1, 2, 3].map((second) => entryAt(second, { account, kept: true }));
      await log.add(mine);
      const page = await log.ofAccount(account, { limit: 2 });
      assert.deepEqual(page, mine.slice(0, 2));
      assert.deepEqual(await log.ofAccount(account, { after: page[1]?.id, limit: 2 }), mine.slice(2));
      assert.deepEqual(await log.ofAccount(account, { after: mine[2]?.id, limit: 2 }), []);
    });

    test('are deleted by age, oldest first, in and outside of the outbox', async () => {
      const entries = [1, 2, 3, 4].map((second) => entryAt(second, { account, kept: true }));
      await log.add(entries);
      await log.markPublished(entries.slice(0, 2));
      const fourth = new Date(start + 4000);
      assert.equal(await log.removeBefore(fourth, 2), 2);
      assert.deepEqual(await log.ofAccount(account, { limit: 10 }), entries.slice(2));
      assert.equal(await log.removeBefore(fourth, 2), 1);
      assert.equal(await log.removeBefore(fourth, 2), 0);
      assert.deepEqual(await log.unpublished(10), entries.slice(3));
    });
  });
}
