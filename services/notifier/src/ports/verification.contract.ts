/** Tests of what `ops verify` needs from a store of deliveries. Every store must pass them. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { computeDeliveriesAndCutoffs } from '../intake/entries.ts';
import { createTestEvent } from '../testing/events.ts';
import type { DeliveryStore } from './deliveries.ts';

/** The store of deliveries under test. */
export interface DeliveryRecordsFixture {
  readonly deliveries: DeliveryStore;
  close(): Promise<void>;
}

const NOW = new Date('2026-11-21T10:00:00.000Z');
function later(ms: number): Date {
  return new Date(NOW.getTime() + ms);
}
const LEASE_MS = 90_000;

function aMailing(recipients: readonly string[]) {
  return createTestEvent(
    'MailRequested',
    { template: 'welcome', requestedBy: randomUUID(), person: { recipients: [...recipients] } },
    { time: NOW.toISOString() },
  );
}

export function defineDeliveryRecordsContractTests(
  name: string,
  open: () => Promise<DeliveryRecordsFixture>,
): void {
  describe(`deliveries for ops verify: ${name}`, () => {
    let fixture: DeliveryRecordsFixture;

    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(() => fixture.close());

    function record(event: ReturnType<typeof aMailing>) {
      return fixture.deliveries.record(computeDeliveriesAndCutoffs(event), NOW);
    }
    function claim(now: Date, leaseMs = LEASE_MS) {
      return fixture.deliveries.claim({ owner: randomUUID(), now, leaseMs, limit: 1 });
    }

    it('tell which of the required deliveries are recorded, in any state', async () => {
      const { deliveries } = fixture;
      const sent = aMailing(['ada@example.com', 'ben@example.com']);
      const missing = aMailing(['cleo@example.com']);
      await record(sent);
      const owed = [sent, missing].flatMap((event) => computeDeliveriesAndCutoffs(event).deliveries);
      assert.deepEqual(
        owed.map(({ mail }) => mail),
        ['welcome', 'welcome', 'welcome'],
      );
      const ids = owed.map(({ id }) => id);
      assert.deepEqual(await deliveries.recorded(ids), new Set(ids.slice(0, 2)));

      await deliveries.expire(later(1_000_000_000));
      assert.deepEqual(await deliveries.recorded(ids), new Set(ids.slice(0, 2)));
      assert.deepEqual(await deliveries.recorded([]), new Set());
    });

    it('name expired leases, but no current ones and no mails that are not claimed', async () => {
      const { deliveries } = fixture;
      for (const address of ['ada', 'ben', 'cleo']) await record(aMailing([`${address}@example.com`]));
      const [dead] = await claim(NOW, 1000);
      await claim(NOW);
      assert.deepEqual(await deliveries.expiredLeases(later(2000)), [
        { of: 'mail', name: dead?.id, endedAt: later(1000) },
      ]);
      assert.deepEqual(await deliveries.expiredLeases(NOW), []);
    });
  });
}
