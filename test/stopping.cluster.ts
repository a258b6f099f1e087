/**
 * Restarts the processes one after the other under load, behind a load balancer with health checks. No client may
 * notice the restarts.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type ApiResponse, type Client, createClient } from './support/client.ts';
import { type Cluster, serviceNames, startCluster } from './support/cluster.ts';
import { findSequenceFaults, groupByStream } from './support/event-checks.ts';
import { eventually } from './support/eventually.ts';
import { readTopic } from './support/kcat.ts';
import { HEALTH_CHECK_MS } from './support/load-balancer.ts';
import { createMailbox, type Mailbox } from './support/mailbox.ts';
import {
  createPersonActions,
  createUniquePerson,
  type Person,
  type PersonActions,
  waitUntilProfileShown,
} from './support/people.ts';

const CHANGERS = 4;
/**
 * How long a client waits between a response and its next request, in ms. The wait leaves CPU time to the
 * processes that are starting.
 */
const PAUSE_MS = 100;

let cluster: Cluster;
let client: Client;
let mailbox: Mailbox;
let people: PersonActions;

before(async () => {
  cluster = await startCluster({
    healthChecks: true,
    settingsOn: () => ({ SHUTDOWN_DELAY_SECONDS: String((4 * HEALTH_CHECK_MS) / 1000) }),
  });
  client = createClient(cluster.url);
  mailbox = createMailbox(cluster.mailbox);
  people = createPersonActions(client, mailbox);
});

after(() => cluster?.stop());

interface Load {
  readonly newcomers: readonly Person[];
  /** The number of profile changes of each account. */
  readonly changes: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
  stop(): Promise<void>;
}

/** Signs up one person after the other, while other people change their profiles. */
async function startLoad(): Promise<Load & { readonly tokens: ReadonlyMap<string, string> }> {
  const newcomers: Person[] = [];
  const changes = new Map<string, number>();
  const tokens = new Map<string, string>();
  const faults: string[] = [];
  let going = true;

  function answered(what: string, status: number, reply: ApiResponse): boolean {
    if (reply.status !== status) faults.push(`${what}: ${reply.status} ${reply.text}`);
    return reply.status === status;
  }
  async function signUp(): Promise<void> {
    while (going) {
      const person = createUniquePerson('newcomer');
      if (answered('sign-up', 201, await people.signUp(person))) newcomers.push(person);
      await pause(PAUSE_MS);
    }
  }
  async function change(id: string, token: string): Promise<void> {
    let count = 0;
    while (going) {
      const json = { firstName: `Ada ${count + 1}` };
      if (answered('change', 200, await client.patch('/auth/profile', { token, json }))) count += 1;
      changes.set(id, count);
      await pause(PAUSE_MS);
    }
  }

  for (let index = 0; index < CHANGERS; index += 1) {
    const { id, accessToken } = await people.login(await people.verified(createUniquePerson('changer')));
    tokens.set(id, accessToken);
  }
  const work = [signUp(), ...[...tokens].map(([id, token]) => change(id, token))];
  return {
    newcomers,
    changes,
    tokens,
    faults,
    stop: async () => {
      going = false;
      await Promise.all(work);
    },
  };
}

describe('a process that is asked to end under load', () => {
  test('ends in time, with exit code 0; no request is lost, no event is lost or applied twice, no mail comes twice', async (t) => {
    const load = await startLoad();
    for (const instance of serviceNames.flatMap((service) => cluster.instances[service])) {
      assert.equal(await instance.end('SIGTERM'), 0, instance.output());
      instance.launch();
      await instance.ready();
    }
    await load.stop();
    assert.deepEqual(load.faults, []);
    t.diagnostic(`${load.newcomers.length} sign-ups, ${[...load.changes.values()]} changes`);

    for (const [id, token] of load.tokens) {
      await waitUntilProfileShown(
        people,
        token,
        ({ firstName }) => firstName === `Ada ${load.changes.get(id)}`,
      );
    }
    for (const { email } of load.newcomers) await mailbox.next(email, 'Verify your email');
    await people.verified(createUniquePerson('fence'));
    for (const { email } of load.newcomers) assert.equal((await mailbox.to(email)).length, 1);

    const streams = groupByStream(await readTopic(cluster.stores.KAFKA_BROKERS, 'accounts.events.v1'));
    for (const [id, count] of load.changes) {
      const events = streams.get(id) ?? [];
      assert.deepEqual(findSequenceFaults(id, events), []);
      const { length } = events.filter(({ headers }) => headers['ce_type'] === 'ProfileChanged');
      assert.equal(length, count);
    }
    const parked = /latchkey_user_parked_accounts 0$/m;
    for (const { operations } of cluster.instances.user) {
      await eventually('no account is parked', async () =>
        parked.test(await (await fetch(`${operations}/metrics`)).text()),
      );
    }
  });
});
