import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAILINGS_TOPIC } from '../topics.ts';
import type { EventContext } from './handlers.ts';
import { subscriptionContract } from './subscription.contract.ts';
import { openTestHarness } from './testing/harness.ts';
import { createTestAccount } from './testing/history.ts';
import { waitUntil } from './testing/until.ts';

subscriptionContract('the embedded log', openTestHarness);

test('reads mailings where it is told to, and refuses a handler whose topic it does not read', async (context) => {
  const harness = await openTestHarness(context);
  const mailing = createTestAccount().id;
  const mailings: string[] = [];
  const handlers = {
    MailRequested: (_event: object, { account }: EventContext) => void mailings.push(account),
  };
  await assert.rejects(harness.subscribe({ handlers }), { name: 'RangeError', message: /MailRequested/ });
  await harness.subscribe({ handlers, topics: [MAILINGS_TOPIC] });
  const { id: _id, registered } = createTestAccount();
  const { type: _type, data: _data, ...envelope } = registered();
  await harness.publish(
    [
      {
        ...envelope,
        subject: mailing,
        type: 'MailRequested',
        data: { mailingId: mailing, template: 'welcome', requestedBy: mailing, person: null },
      },
    ],
    MAILINGS_TOPIC,
  );
  await waitUntil(() => mailings.length === 1);
  assert.deepEqual(mailings, [mailing]);
});
