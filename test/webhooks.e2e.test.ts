/**
 * Tests webhooks of a server that is killed, and of a receiver that fails: no event may be lost, and events must arrive
 * in order.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { createClient } from './support/client.ts';
import { createServiceClientKey } from './support/client-key.ts';
import { eventually } from './support/eventually.ts';
import { createMailbox } from './support/mailbox.ts';
import { createPersonActions, createUniquePerson } from './support/people.ts';
import { runUntilExit, startStandalone } from './support/standalone.ts';
import {
  groupEventIdsByAccount,
  readEventsOfFeed,
  startWebhookReceiver,
} from './support/webhook-receiver.ts';

/** The number of rounds of the test. In each round, a person signs up and the server is killed. */
const ROUNDS = 3;

const settings = { WEBHOOKS_ALLOW_PRIVATE: 'true', LIMITS: 'off' };
const system = await startStandalone(settings);
after(() => system.stop());
const client = createClient(system.url);
const people = createPersonActions(client, createMailbox(system.mailbox));

const receiver = await startWebhookReceiver();
after(receiver.close);
const { effects } = receiver;

test('no event is lost or out of order, although the server is killed and the receiver fails', async () => {
  const added = await system.ops('webhooks', 'add', 'test', receiver.url);
  receiver.trust(/whsec_\S+/.exec(added)?.[0] ?? '');
  const id = /we_\w+/.exec(added)?.[0] ?? '';
  const key = await createServiceClientKey(system, 'events');

  for (let round = 0; round < ROUNDS; round += 1) {
    const person = createUniquePerson('hook');
    await people.signUp(person);
    const { accessToken } = await people.login(person);
    await client.post('/auth/logout-all', { token: accessToken });
    await eventually('the receiver was called', () => receiver.requests() > round);
    await system.kill();
    await system.start();
  }
  await system.ops('webhooks', 'resume', id);
  // Poll the list of attempts, because an attempt that was interrupted by a kill is not recorded.
  await eventually('attempts of both kinds are recorded', async () => {
    const attempts = await system.ops('webhooks', 'attempts', id);
    return /delivered \(204\)/.test(attempts) && /failed: answered 500/.test(attempts);
  });
  receiver.failEvery(Number.POSITIVE_INFINITY);
  await system.ops('webhooks', 'resume', id);

  await eventually('every event has arrived, in order', async () => {
    const published = groupEventIdsByAccount(await readEventsOfFeed(system.url, key));
    // Each person causes two events: the sign-up, and the revocation of all sessions.
    const isComplete = Object.values(published).filter(({ length }) => length === 2).length === ROUNDS;
    return isComplete && isDeepStrictEqual(groupEventIdsByAccount(effects.values()), published);
  });
  assert.equal(receiver.forged(), 0);
});

test('requests are also signed with a rotated secret, and a redrive sends earlier events again', async () => {
  const [listed] = (await system.ops('webhooks', 'list', '--json')).trim().split('\n');
  const { id } = JSON.parse(listed ?? '');
  receiver.trust(/whsec_\S+/.exec(await system.ops('webhooks', 'rotate', id))?.[0] ?? '');
  const known = new Set(effects.keys());
  effects.clear();
  await system.ops('webhooks', 'redrive', id, '--since', '2020-01-01');
  await eventually('everything has come again', () => effects.size === known.size);
  assert.deepEqual(new Set(effects.keys()), known);
  await eventually('it is counted', async () => {
    const metrics = await (await fetch(`${system.operations}/metrics`)).text();
    return metrics.includes('latchkey_webhooks_attempts_total');
  });
});

test('the key that secrets are sealed with is rotated without a receiver noticing, and is needed', async () => {
  const [listed] = (await system.ops('webhooks', 'list', '--json')).trim().split('\n');
  const { id } = JSON.parse(listed ?? '');
  await system.ops('keys', 'rotate', 'webhooks');
  await system.end();
  const WEBHOOK_SECRET_KEY = randomBytes(32).toString('base64url');
  const { code, stdout } = await runUntilExit({ DATA_DIR: system.folder, PORT: '0', WEBHOOK_SECRET_KEY });
  assert.equal(code, 1);
  const refusal = `cannot start: WEBHOOK_SECRET_KEY: none of its keys opens the secret of webhook ${id}`;
  assert.ok(stdout.includes(refusal), stdout);

  await system.start();
  await system.ops('keys', 'retire', 'webhooks', 'first');
  await system.end();
  await system.start();
  effects.clear();
  await system.ops('webhooks', 'redrive', id, '--since', '2020-01-01');
  await eventually('everything has come again', () => effects.size > 0);
  assert.equal(receiver.forged(), 0);
});
