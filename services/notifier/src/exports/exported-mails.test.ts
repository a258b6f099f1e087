import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { exportedMailSchema } from '@latchkey/export';
import type { DeliverySummary } from '../ports/deliveries.ts';
import { exportedMails, toExportedMail } from './exported-mails.ts';

function aDelivery(overrides: Partial<DeliverySummary> = {}): DeliverySummary {
  const at = new Date('2026-11-21T10:00:00.000Z');
  return {
    id: randomUUID(),
    eventId: randomUUID(),
    subject: randomUUID(),
    correlationId: 'request-1',
    mail: 'welcome',
    state: 'sent',
    occurredAt: at,
    sendUntil: at,
    endedAt: at,
    tries: 1,
    attempts: [{ at, ms: 12, result: 'sent', words: '250 queued as ada@example.com' }],
    recipient: { fingerprint: 'f'.repeat(32), hint: 'a…@example.com' },
    report: { state: 'bounced', at, source: 'mail', status: '5.1.1' },
    ...overrides,
  };
}

test('a mail is exported as the schema says, without what servers said and without the fingerprint', () => {
  for (const delivery of [aDelivery(), aDelivery({ state: 'failed', reason: 'refused', attempts: [] })]) {
    const mail = toExportedMail(delivery);
    assert.deepEqual(exportedMailSchema.strict().parse(mail), mail);
    assert.doesNotMatch(JSON.stringify(mail), /queued|f{32}/);
  }
});

test('all pages are read', async () => {
  const stored = Array.from({ length: 450 }, () => aDelivery());
  const mails = exportedMails(
    {
      ofSubject: async (_subject, { limit, after }) => {
        const start = stored.findIndex(({ id }) => id === after?.id) + 1;
        return stored.slice(start, start + limit);
      },
    },
    'any',
  );
  assert.deepEqual(
    (await Array.fromAsync(mails)).map(({ id }) => id),
    stored.map(({ id }) => id),
  );
});
