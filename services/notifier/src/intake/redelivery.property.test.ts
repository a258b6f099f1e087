/**
 * Tests that each required mail is sent exactly once, even if slices of the log are read repeatedly or late,
 * and while mails are being sent. Also tests that a superseded mail is never claimed after the superseding
 * event was stored.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { LatchkeyEvent } from '@latchkey/events';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import { type Database, openDatabase } from '@latchkey/sqlite';
import fc from 'fast-check';
import {
  type DeliveriesAndCutoffs,
  isDeliveryStoppedByCutoff,
  type MailCutoff,
  type NewDelivery,
} from '../delivery/delivery.ts';
import { openSqliteNotifierStorage } from '../storage/sqlite/index.ts';
import { createTestEvent } from '../testing/events.ts';
import { computeDeliveriesAndCutoffs } from './entries.ts';

const NOW = new Date('2026-11-21T10:00:00.000Z');
const person = { email: 'ada@example.com', username: 'ada' };
const locale = 'en';
const token = { sealed: 'e.y.j', expiresAt: '2026-11-22T10:00:00.000Z' };

const makers = {
  verification: (at) => createTestEvent('VerificationRequested', { locale, person, verification: token }, at),
  reset: (at) =>
    createTestEvent('PasswordResetRequested', { locale, person, reset: token, verifies: false }, at),
  verified: (at) => createTestEvent('AccountVerified', { locale, person }, at),
  changed: (at) => createTestEvent('PasswordChanged', { how: 'change', locale, person }, at),
  disabled: (at) => createTestEvent('AccountDisabled', { changedBy: 'ops', person: null }, at),
  profile: (at) => createTestEvent('ProfileChanged', { person: null }, at),
} satisfies Record<string, (at: { subject: string; sequence: number; time: string }) => LatchkeyEvent>;

const kinds = Object.keys(makers) as (keyof typeof makers)[];
const history = fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 8 });

/**
 * One step of a random test run:
 * - `read`: the consumer group reads the next events of the log.
 * - `rewind`: the group returns to an earlier position.
 * - `late`: a notifier process that was paused stores the deliveries of events that it read long ago.
 * - `send`: deliveries are claimed and sent.
 * - `drop`: deliveries are claimed, but the process dies.
 */
const step = fc.oneof(
  fc.record({ kind: fc.constant('read' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('rewind' as const), by: fc.integer({ min: 1, max: 8 }) }),
  fc.record({
    kind: fc.constant('late' as const),
    from: fc.integer({ min: 0, max: 7 }),
    count: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    kind: fc.constantFrom('send' as const, 'drop' as const),
    limit: fc.integer({ min: 1, max: 3 }),
  }),
);

describe('redelivery', () => {
  let folder: string;
  let database: Database;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-redelivery-'));
    database = openDatabase({ folder, as: 'server' });
  });
  after(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  it('neither reopens, nor cancels, nor repeats a mail', async () => {
    const deliveries = openSqliteNotifierStorage({ database }).deliveries;
    let run = 0;

    await fc.assert(
      fc.asyncProperty(history, fc.array(step, { maxLength: 20 }), async (names, steps) => {
        database.exec('DELETE FROM notifier_deliveries; DELETE FROM notifier_cutoffs');
        run += 1;
        const subject = `00000000-0000-4000-8000-${String(run).padStart(12, '0')}`;
        const log = names.map((name, index) =>
          makers[name]({ subject, sequence: index + 1, time: NOW.toISOString() }),
        );
        const batches = log.map(computeDeliveriesAndCutoffs);
        const owed = batches.flatMap((batch) => batch.deliveries);
        const seen: MailCutoff[] = [];
        const sent = new Set<string>();
        let now = NOW.getTime();
        let position = 0;
        let highest = 0;

        async function store(slice: readonly DeliveriesAndCutoffs[]): Promise<void> {
          const cutoffs = slice.flatMap((batch) => batch.cutoffs);
          await deliveries.record(
            { deliveries: slice.flatMap((batch) => batch.deliveries), cutoffs },
            new Date(now),
          );
          seen.push(...cutoffs);
        }
        function superseded(delivery: NewDelivery): boolean {
          return seen.some((cutoff) => isDeliveryStoppedByCutoff(cutoff, delivery));
        }
        async function send(limit: number, keep: boolean): Promise<void> {
          now += 1;
          const owner = `owner-${now}`;
          const claimed = await deliveries.claim({ owner, now: new Date(now), leaseMs: 10, limit });
          for (const delivery of claimed) {
            assert.ok(!superseded(delivery), 'handed out although superseded');
            assert.ok(!sent.has(delivery.id), 'handed out although sent');
            if (!keep) continue;
            sent.add(delivery.id);
            assert.ok(await deliveries.settle(delivery.id, owner, { state: 'sent', at: new Date(now) }));
          }
        }

        for (const each of steps) {
          if (each.kind === 'read') {
            await store(batches.slice(position, position + each.count));
            position = Math.min(batches.length, position + each.count);
            highest = Math.max(highest, position);
          } else if (each.kind === 'rewind') position = Math.max(0, position - each.by);
          else if (each.kind === 'late') {
            await store(
              batches.slice(Math.min(each.from, highest), Math.min(each.from + each.count, highest)),
            );
          } else await send(each.limit, each.kind === 'send');
        }
        await store(batches.slice(position));
        now += 1000;
        for (const lease of await deliveries.held()) await deliveries.free(lease, new Date(now));
        await send(100, true);

        for (const delivery of owed) {
          const wanted = sent.has(delivery.id) ? 'sent' : 'cancelled';
          assert.equal((await deliveries.find(delivery.id))?.state, wanted);
          if (!sent.has(delivery.id))
            assert.ok(superseded(delivery), 'cancelled although nothing superseded it');
        }
      }),
      { numRuns: chooseRunCount({ some: 60, all: 150 }) },
    );
  });
});
