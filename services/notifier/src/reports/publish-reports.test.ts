import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { DELIVERIES_TOPIC, decode, type EncodedEvent } from '@latchkey/events';
import { createLogger } from '@latchkey/process';
import type { DeliveryWithReport } from '../ports/deliveries.ts';
import { redactRecipient } from '../recipient.ts';
import { createReportPublisher, toReportEvent } from './publish-reports.ts';

function aReported(overrides: Partial<DeliveryWithReport> = {}): DeliveryWithReport {
  const at = new Date('2026-11-21T10:00:00.000Z');
  return {
    id: randomUUID(),
    eventId: randomUUID(),
    subject: randomUUID(),
    correlationId: 'request-1',
    mail: 'welcome',
    state: 'bounced',
    occurredAt: at,
    sendUntil: at,
    tries: 0,
    attempts: [],
    recipient: redactRecipient('ada@example.com'),
    report: { state: 'bounced', at, source: 'mail', status: '5.1.1' },
    ...overrides,
  };
}

/** Creates a store with reports. The store and the bus fail the given number of times before they succeed. */
function setUp(waiting: DeliveryWithReport[], failures: { publish?: number; mark?: number } = {}) {
  const left = { publish: 0, mark: 0, ...failures };
  const published: EncodedEvent[] = [];
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const publisher = createReportPublisher({
    deliveries: {
      unpublished: async (limit) => waiting.slice(0, limit),
      async markPublished(ids) {
        left.mark -= 1;
        if (left.mark >= 0) throw new Error('the store is away');
        for (const id of ids)
          waiting.splice(
            waiting.findIndex((each) => each.id === id),
            1,
          );
        if (waiting.length === 0) resolve();
      },
    },
    bus: {
      async publish(topic, records) {
        left.publish -= 1;
        if (left.publish >= 0) throw new Error('the bus is away');
        published.push(...records.map((record) => ({ ...record, topic }) as EncodedEvent));
      },
    },
    clock: { sleep: async (_ms, signal) => (waiting.length > 0 ? undefined : until(signal)) },
    logger: createLogger({ name: 'notifier', level: 'silent' }),
  });
  return { publisher, published, done };
}

function until(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
}

describe('reports', () => {
  it('are published as events that name their recipient only by a fingerprint', async () => {
    const bounced = aReported();
    const complained = aReported({
      state: 'complained',
      report: { state: 'complained', at: new Date('2026-11-21T11:00:00.000Z'), source: 'ses' },
    });
    const { publisher, published, done } = setUp([bounced, complained]);
    publisher.start();
    await done;
    await publisher.stop();
    const decoded = published.map(({ key, ...record }) => decode({ ...record, key: Buffer.from(key) }));
    assert.deepEqual(
      decoded,
      [bounced, complained].map((delivery) => ({ kind: 'event', event: toReportEvent(delivery) })),
    );
    assert.deepEqual(
      published.map(({ topic, headers }) => [topic, headers['ce_type'], headers['ce_source']]),
      [
        [DELIVERIES_TOPIC, 'MailBounced', '/latchkey/notifier'],
        [DELIVERIES_TOPIC, 'MailMarkedAsSpam', '/latchkey/notifier'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(published.map(({ value }) => value.toString())), /ada@|example/);
  });

  it('are published again, as the same event, if that could not be recorded; none is lost while the bus is down', async () => {
    const delivery = aReported();
    const { publisher, published, done } = setUp([delivery], { publish: 2, mark: 1 });
    publisher.start();
    await done;
    await publisher.stop();
    assert.equal(publisher.isFailing(), false);
    assert.deepEqual(
      published.map(({ headers }) => headers['ce_id']),
      [toReportEvent(delivery).id, toReportEvent(delivery).id],
    );
  });
});
