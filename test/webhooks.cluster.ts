/**
 * Tests webhooks with three processes that send them. The process that has sent the most requests is killed
 * repeatedly, and the receivers fail on purpose.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { createClient } from './support/client.ts';
import { createServiceClientKey } from './support/client-key.ts';
import { startCluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { createMailbox } from './support/mailbox.ts';
import { createPersonActions, createUniquePerson, type Person } from './support/people.ts';
import type { ServerProcess } from './support/server-process.ts';
import {
  groupEventIdsByAccount,
  readEventsOfFeed,
  startWebhookReceiver,
} from './support/webhook-receiver.ts';

const WEBHOOKS_ALLOW_PRIVATE = 'true';
const PEOPLE = 4;
const KILLS = 3;
/** A timeout that is longer than another process takes to get the lease of a killed process. */
const TAKE_OVER_MS = 120_000;

const cluster = await startCluster({
  instances: { auth: 1, user: 3, notifier: 1 },
  opsSettings: { WEBHOOKS_ALLOW_PRIVATE },
  settingsOn: () => ({ WEBHOOKS_ALLOW_PRIVATE }),
});
after(() => cluster.stop());
const client = createClient(cluster.url);
const people = createPersonActions(client, createMailbox(cluster.mailbox));

/** Adds an endpoint and starts its receiver. */
async function addEndpoint(name: string) {
  const receiver = await startWebhookReceiver();
  after(receiver.close);
  const added = await cluster.ops('webhooks', 'add', name, receiver.url);
  receiver.trust(/whsec_\S+/.exec(added)?.[0] ?? '');
  return { ...receiver, id: /we_\w+/.exec(added)?.[0] ?? '' };
}

/**
 * Resumes the endpoints, so that Latchkey retries a failed event immediately. After several failures, the
 * pause before the next retry would take minutes.
 */
async function resume(endpoints: readonly { readonly id: string }[]): Promise<void> {
  for (const { id } of endpoints) await cluster.ops('webhooks', 'resume', id);
}

/** Returns the number of requests that a process has sent to endpoints. */
async function sentBy({ operations }: ServerProcess): Promise<number> {
  const metrics = await (await fetch(`${operations}/metrics`)).text();
  const counts = metrics.matchAll(/^latchkey_webhooks_attempts_total\S* (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Returns the process that has sent the most requests. */
async function busiest(): Promise<ServerProcess> {
  const processes = await Promise.all(
    cluster.instances.user.map(async (each) => ({ each, sent: await sentBy(each) })),
  );
  const [most] = processes.toSorted((a, b) => b.sent - a.sent);
  assert.ok(most !== undefined && most.sent > 0);
  return most.each;
}

/** Causes several events of an account. */
async function act(person: Person): Promise<void> {
  for (let n = 0; n < 3; n += 1) {
    const { accessToken } = await people.login(person);
    await client.post('/auth/logout-all', { token: accessToken });
  }
}

test('no event is lost or out of order, although senders are killed and receivers fail', async () => {
  const key = await createServiceClientKey(cluster, 'events');
  const receivers = [await addEndpoint('one'), await addEndpoint('two')];
  const persons = Array.from({ length: PEOPLE }, () => createUniquePerson('hook'));
  for (const person of persons) await people.verified(person);
  await eventually('both are called', () => receivers.every(({ requests }) => requests() > PEOPLE));

  for (let kill = 0; kill < KILLS; kill += 1) {
    const acting = Promise.all(persons.map(act));
    const held = receivers.map(({ hold }) => hold());
    await resume(receivers);
    await Promise.all(held);
    const victim = await busiest();
    await victim.end('SIGKILL');
    for (const { release } of receivers) release();
    await acting;
    victim.launch();
    await victim.ready();
    const counts = receivers.map(({ requests }) => requests());
    // Cause more events. The other processes may already have sent all earlier events, so the receivers would
    // otherwise get no further requests.
    await Promise.all(persons.map(act));
    await resume(receivers);
    await eventually('both are called again', () =>
      receivers.every(({ requests }, index) => requests() > (counts[index] ?? 0)),
    );
  }

  for (const { failEvery } of receivers) failEvery(Number.POSITIVE_INFINITY);
  await resume(receivers);
  for (const { effects, forged } of receivers) {
    await eventually(
      'every event has arrived, in order',
      async () =>
        isDeepStrictEqual(
          groupEventIdsByAccount(effects.values()),
          groupEventIdsByAccount(await readEventsOfFeed(cluster.url, key)),
        ),
      TAKE_OVER_MS,
    );
    assert.equal(Object.keys(groupEventIdsByAccount(effects.values())).length, PEOPLE);
    assert.equal(forged(), 0);
  }
});
