import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import type { ReportedDeliveryState } from '../delivery/delivery.ts';
import { ALL_MAILS } from '../delivery/suppression.ts';
import { createNotifierMetrics } from '../metrics.ts';
import type { ParsedMailReport } from '../ports/reports.ts';
import { computeAddressFingerprint, redactRecipient } from '../recipient.ts';
import { openSqliteNotifierStorage } from '../storage/sqlite/index.ts';
import { openTemporaryDatabase } from '../testing/database.ts';
import { createMailReportHandler } from './record-report.ts';

const ADA = 'ada@example.com';
const NOW = new Date('2026-11-21T10:00:00.000Z');
const DAY_MS = 24 * 3_600_000;

describe('a report', () => {
  async function setUp(t: { after(done: () => Promise<void>): void }) {
    const { database, close } = await openTemporaryDatabase();
    t.after(close);
    const { deliveries, suppressions } = openSqliteNotifierStorage({ database });
    let recorded = 0;
    const take = createMailReportHandler({
      deliveries,
      suppressions,
      suppressionMs: 30 * DAY_MS,
      metrics: createNotifierMetrics(createMetricsRegistry(), deliveries, () => NOW),
      logger: createLogger({ name: 'notifier', level: 'silent' }),
      now: () => NOW,
      onRecorded: () => {
        recorded += 1;
      },
    });

    /**
     * Adds a delivery of a mail to Ada. Its state is `sent`, unless another one is given. @returns the delivery's id
     */
    async function aDelivery(state: 'sent' | 'claimed' | 'expired' = 'sent', mail = 'welcome') {
      const id = randomUUID();
      const delivery = {
        id,
        eventId: randomUUID(),
        subject: randomUUID(),
        sequence: 1,
        mail,
        locale: 'en',
        correlationId: 'request-1',
        occurredAt: NOW,
        sendUntil: new Date(NOW.getTime() + DAY_MS),
        content: { to: ADA },
      };
      await deliveries.record({ deliveries: [delivery], cutoffs: [] }, NOW);
      await deliveries.claim({ owner: 'one', now: NOW, leaseMs: 1000, limit: 1 });
      if (state === 'sent')
        await deliveries.settle(id, 'one', { state, at: NOW, recipient: redactRecipient(ADA) });
      if (state === 'expired') await deliveries.settle(id, 'one', { state, at: NOW });
      return id;
    }

    return {
      deliveries,
      suppressions,
      aDelivery,
      recorded: () => recorded,
      takes: (read: ParsedMailReport) =>
        take({ source: 'mail', read: async () => read }, { body: Buffer.alloc(0) }),
    };
  }

  function about(delivery: string, state: ReportedDeliveryState, recipient?: string): ParsedMailReport {
    return { kind: 'report', delivery, state, ...(recipient !== undefined && { recipient }) };
  }

  it('changes the delivery, and suppresses mails of its kind to its recipient for a while', async (t) => {
    const { deliveries, suppressions, aDelivery, takes, recorded } = await setUp(t);
    const id = await aDelivery();
    const read = {
      ...about(id, 'bounced', computeAddressFingerprint('Ada@Example.com')),
      status: '5.1.1',
    } as ParsedMailReport;
    assert.equal(await takes(read), 'done');
    const { state, report } = (await deliveries.find(id)) ?? {};
    assert.deepEqual(
      [state, report],
      ['bounced', { state: 'bounced', at: NOW, source: 'mail', status: '5.1.1' }],
    );
    const [suppression, ...others] = await suppressions.list({ now: NOW, limit: 9 });
    assert.deepEqual(suppression, {
      recipient: computeAddressFingerprint(ADA),
      hint: 'a…@example.com',
      mail: 'welcome',
      reason: 'bounced',
      since: NOW,
      until: new Date(NOW.getTime() + 30 * DAY_MS),
    });
    assert.deepEqual([others, recorded()], [[], 1]);
  });

  it('changes nothing if it comes again, or names another recipient or no delivery', async (t) => {
    const { deliveries, suppressions, aDelivery, takes, recorded } = await setUp(t);
    const id = await aDelivery();
    for (const read of [
      about(id, 'bounced', computeAddressFingerprint('eve@example.com')),
      about(randomUUID(), 'bounced'),
    ])
      assert.equal(await takes(read), 'done');
    assert.equal((await deliveries.find(id))?.state, 'sent');
    assert.deepEqual(await suppressions.list({ now: NOW, limit: 9 }), []);
    await takes(about(id, 'complained'));
    await takes(about(id, 'bounced'));
    assert.deepEqual([(await deliveries.find(id))?.state, recorded()], ['complained', 1]);
  });

  it('is asked for again while its mail is still being sent', async (t) => {
    const { deliveries, suppressions, aDelivery, takes } = await setUp(t);
    const id = await aDelivery('claimed');
    assert.equal(await takes(about(id, 'bounced')), 'later');
    assert.deepEqual(await suppressions.list({ now: NOW, limit: 9 }), []);
    await deliveries.settle(id, 'one', { state: 'sent', at: NOW, recipient: redactRecipient(ADA) });
    assert.equal(await takes(about(id, 'bounced')), 'done');
    assert.equal((await deliveries.find(id))?.state, 'bounced');
  });

  it('about a mail that was never sent is accepted, and changes nothing', async (t) => {
    const { deliveries, aDelivery, takes } = await setUp(t);
    const id = await aDelivery('expired');
    assert.equal(await takes(about(id, 'bounced')), 'done');
    assert.equal((await deliveries.find(id))?.state, 'expired');
  });

  it('that could not be checked is asked for again; a forged one is refused', async (t) => {
    const { takes } = await setUp(t);
    assert.equal(await takes({ kind: 'unchecked' }), 'later');
    assert.equal(await takes({ kind: 'forged' }), 'forged');
  });

  it('replaces no suppression that an operator wanted', async (t) => {
    const { suppressions, aDelivery, takes } = await setUp(t);
    const operators = { ...common(), mail: 'welcome' };
    await suppressions.put(operators);
    await takes(about(await aDelivery(), 'bounced'));
    assert.deepEqual(await suppressions.list({ now: NOW, limit: 9 }), [operators]);
  });

  it('is added to a suppression of all mails, which may end earlier', async (t) => {
    const { suppressions, aDelivery, takes } = await setUp(t);
    await suppressions.put({ ...common(), mail: ALL_MAILS, until: new Date(NOW.getTime() + 1000) });
    await takes(about(await aDelivery(), 'bounced'));
    const mails = (await suppressions.list({ now: NOW, limit: 9 })).map(({ mail }) => mail);
    assert.deepEqual(mails.toSorted(), [ALL_MAILS, 'welcome']);
  });

  function common() {
    const { fingerprint: recipient, hint } = redactRecipient(ADA);
    return { recipient, hint, reason: 'operator', since: NOW } as const;
  }
});
