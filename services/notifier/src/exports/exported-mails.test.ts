import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { exportedMailSchema } from '@latchkey/export';
import { createHttpServerPart } from '@latchkey/http';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import type { AccessClaims } from '@latchkey/tokens';
import type { DeliveryStore, DeliverySummary } from '../ports/deliveries.ts';
import { readExportedMails, readMailsForOwner, toExportedMail } from './exported-mails.ts';
import { createMailsExportRoute } from './routes.ts';

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

/** Returns a store that contains the given deliveries of one account. */
function storeOf(stored: readonly DeliverySummary[]): Pick<DeliveryStore, 'ofSubject'> {
  return {
    ofSubject: async (_subject, { limit, after }) => {
      const start = stored.findIndex(({ id }) => id === after?.id) + 1;
      return stored.slice(start, start + limit);
    },
  };
}

async function idsOf(mails: AsyncIterable<{ readonly id: string }>): Promise<readonly string[]> {
  return (await Array.fromAsync(mails)).map(({ id }) => id);
}

test('all pages are read', async () => {
  const stored = Array.from({ length: 450 }, () => aDelivery());
  const ids = stored.map(({ id }) => id);
  assert.deepEqual(await idsOf(readExportedMails(storeOf(stored), 'any')), ids);
  assert.deepEqual(await idsOf(readMailsForOwner(storeOf(stored), 'any')), ids);
  assert.deepEqual(await idsOf(readMailsForOwner(storeOf(stored), 'any', stored[249])), ids.slice(250));
});

test('operators see all mails; the owner sees none that reveals whether another account has an address', async () => {
  const revealing = ['account-exists', 'email-in-use', 'confirm-email'].map((mail) => aDelivery({ mail }));
  const removed = aDelivery({ mail: 'a-mail-of-another-release' });
  const own = ['verify-email', 'email-changed', 'welcome'].map((mail) => aDelivery({ mail }));
  const store = storeOf([...revealing, removed, ...own]);
  assert.equal((await idsOf(readExportedMails(store, 'any'))).length, 7);
  assert.deepEqual(
    await idsOf(readMailsForOwner(store, 'any')),
    own.map(({ id }) => id),
  );
});

/**
 * Serves the route for the export of mails until the test ends. Every token is accepted as that of the
 * account's owner.
 */
async function serveMails(
  context: TestContext,
  deliveries: Pick<DeliveryStore, 'ofSubject'>,
): Promise<string> {
  const claims: AccessClaims = {
    iss: 'auth',
    aud: 'latchkey',
    sub: randomUUID(),
    sid: randomUUID(),
    client_id: 'latchkey',
    iat: 0,
    exp: 0,
    jti: randomUUID(),
    email_verified: true,
    role: 'user',
    seq: 2,
  };
  const part = createHttpServerPart({
    name: 'notifier',
    host: '127.0.0.1',
    port: 0,
    routes: [createMailsExportRoute({ deliveries, verify: async () => claims })],
    logger: createLogger({ name: 'test', level: 'silent' }),
    registry: createMetricsRegistry(),
    trustedProxies: [],
    corsOrigins: [],
    corsHeaders: [],
    undeclared: 'fail',
    problemTypes: 'urn:latchkey:problem:',
  });
  await part.start();
  context.after(() => part.stop());
  return `http://127.0.0.1:${part.port()}`;
}

test('the route pages through the mails of the owner, even if a whole page of the store is left out', async (context) => {
  const own = Array.from({ length: 5 }, () => aDelivery());
  const others = Array.from({ length: 250 }, () => aDelivery({ mail: 'email-in-use' }));
  const stored = [...own.slice(0, 1), ...others, ...own.slice(1)];
  const origin = await serveMails(context, storeOf(stored));
  const pages: (readonly string[])[] = [];
  let place = '';
  do {
    const response = await fetch(`${origin}/api/v1/mails?limit=2${place}`, {
      headers: { authorization: 'Bearer token-of-the-owner' },
    });
    const { mails } = (await response.json()) as { mails: { id: string; at: string }[] };
    pages.push(mails.map(({ id }) => id));
    const last = mails.at(-1);
    place = last === undefined ? '' : `&at=${last.at}&after=${last.id}`;
  } while (place !== '');
  const ids = own.map(({ id }) => id);
  assert.deepEqual(pages, [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4), []]);
});
