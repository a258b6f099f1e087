import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readStoreConfig } from '@latchkey/backend';
import { catalogue, type EventType, eventTypes, type LatchkeyEvent } from '@latchkey/events';
import { openNotifierOps } from '@latchkey/notifier/ops';
import { createTemporaryFolder } from '../../standalone/src/testing.ts';
import { countUnsentLinksByKey } from './unsent-links.ts';

/**
 * The samples of all events that contain a link and personal data. Their links are valid until 2026-01-02T09:30:00Z.
 */
const linked = eventTypes.flatMap((type) =>
  Object.entries(catalogue[type].samples)
    .filter(([, data]) => data.person !== null && JSON.stringify(data).includes('"sealed"'))
    .map(([title, data]) => ({ title: `${type} ${title}`, event: eventOf(type, data) })),
);

function eventOf(type: EventType, data: object): LatchkeyEvent {
  const subject = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';
  const time = '2026-01-01T09:30:00.000Z';
  const ids = { id: `event of ${type}`, correlationId: 'request-1', causationId: 'command-1' };
  return { ...ids, subject, sequence: 1, time, type, data } as LatchkeyEvent;
}

async function countOf(t: TestContext, event: LatchkeyEvent, now: string): Promise<object> {
  const store = readStoreConfig({ DATA_DIR: await createTemporaryFolder(t) }).open({
    as: 'server',
    isLongRunning: false,
  });
  t.after(() => store.close());
  const { deliveries } = openNotifierOps(store);
  const journaled = { event, commit: 1, at: event.time, published: true };
  const journal = {
    async *streams() {
      yield [{ id: event.subject, events: [journaled] }];
    },
  };
  return Object.fromEntries(await countUnsentLinksByKey(journal, deliveries, new Date(now)));
}

test('links of every kind are tried', () => {
  assert.deepEqual(
    new Set(linked.map(({ event }) => event.type)),
    new Set([
      'UserRegistered',
      'VerificationRequested',
      'PasswordResetRequested',
      'EmailChangeRequested',
      'EmailChanged',
      'AccountErasureRequested',
    ]),
  );
});

for (const { title, event } of linked)
  test(`the link of ${title} is counted until it expires`, async (t) => {
    assert.deepEqual(await countOf(t, event, '2026-01-02T09:29:59Z'), { sample: 1 });
    assert.deepEqual(await countOf(t, event, '2026-01-02T09:30:00Z'), {});
  });
