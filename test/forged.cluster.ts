/**
 * Tests that forged records on the Kafka topic of the accounts have no effect, and that the genuine event with the same
 * sequence is still handled.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { assertStatus, type Client, createClient } from './support/client.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { getStreamId, readTopic } from './support/kcat.ts';
import { createMailbox, type Mailbox } from './support/mailbox.ts';
import {
  createPersonActions,
  createUniquePerson,
  type Person,
  type PersonActions,
} from './support/people.ts';
import type { RawRecord } from './support/poison.ts';
import { ACCOUNTS_TOPIC, computePartition, openKafkaLog, type PoisonLog } from './support/poison-log.ts';

let cluster: Cluster;
let client: Client;
let mailbox: Mailbox;
let people: PersonActions;
let log: PoisonLog;

before(async () => {
  cluster = await startCluster();
  client = createClient(cluster.url);
  mailbox = createMailbox(cluster.mailbox);
  people = createPersonActions(client, mailbox);
  log = await openKafkaLog(cluster.stores.KAFKA_BROKERS);
});

after(async () => {
  await log?.close();
  await cluster?.stop();
});

/**
 * Returns a forged record: an unsigned event with the given sequence, which would make the account an admin.
 */
function promotion(account: string, sequence: number): RawRecord {
  const type = 'RoleChanged';
  return {
    key: account,
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: randomUUID(),
      ce_type: type,
      ce_source: '/latchkey/auth',
      ce_subject: account,
      ce_time: new Date().toISOString(),
      ce_dataschema: `urn:latchkey:event:${type}:1`,
      ce_sequence: String(sequence).padStart(10, '0'),
      ce_correlationid: 'forged',
      ce_causationid: 'forged',
    },
    value: Buffer.from(
      JSON.stringify({
        userId: account,
        role: 'admin',
        previousRole: 'user',
        changedBy: 'ops',
        locale: 'en',
        person: { email: 'victim@example.com', username: 'ada' },
      }),
    ),
  };
}

async function lettersAt(
  place: string,
): Promise<readonly { readonly group: string; readonly cause: string }[]> {
  const lines = (await cluster.ops('dead-letters', 'list', '--json')).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line)).filter(({ record }) => record === place);
}

async function forgedCounted(service: 'user' | 'notifier'): Promise<number> {
  const pages = await Promise.all(
    cluster.instances[service].map(async ({ operations }) => (await fetch(`${operations}/metrics`)).text()),
  );
  const name = new RegExp(`^latchkey_${service}_forged_records_total (\\d+)$`, 'm');
  return pages.reduce((sum, page) => sum + Number(name.exec(page)?.[1] ?? 0), 0);
}

test('user and notifier reject forged records, and handle the genuine next event', async () => {
  const person: Person = await people.verified(createUniquePerson('ada'));
  const { id, accessToken: token } = await people.login(person);
  // Wait until the read model shows the account's events, which are then certainly on the topic.
  assertStatus(await people.me(token), 200);
  const journaled = (await readTopic(cluster.stores.KAFKA_BROKERS, ACCOUNTS_TOPIC)).filter(
    (record) => getStreamId(record) === id,
  );
  const due = journaled.length + 1;
  const last = journaled.at(-1);
  assert.ok(last);
  const unsigned = promotion(id, due);
  // Copy the hash and the signature from a genuine event. They do not match the content of the forged event.
  const borrowed = Object.entries(last.headers).filter(([name]) =>
    /^ce_(hash|signature|previoushash)$/.test(name),
  );
  const replayed = { ...unsigned, headers: { ...unsigned.headers, ...Object.fromEntries(borrowed) } };
  const places = [
    await log.append(ACCOUNTS_TOPIC, computePartition(id), unsigned),
    await log.append(ACCOUNTS_TOPIC, computePartition(id), replayed),
  ];

  const json = { firstName: 'Genuine' };
  const reply = assertStatus(await client.patch('/auth/profile', { token, json }), 200);
  const sequence = reply.headers.get('account-sequence') ?? '';
  const me = assertStatus(await people.me(token, sequence), 200);
  assert.deepEqual([me.json.firstName, me.json.role], ['Genuine', 'user']);

  for (const place of places) {
    const letters = await eventually('both services have rejected the record', async () => {
      const found = await lettersAt(place);
      return found.length === 2 ? found : undefined;
    });
    assert.deepEqual(letters.map(({ group }) => group).toSorted(), ['notifier', 'user']);
    for (const { cause } of letters) assert.match(cause, /^forged: /);
  }
  for (const service of ['user', 'notifier'] as const)
    await eventually(`${service} has counted both`, async () => (await forgedCounted(service)) === 2);
  assert.deepEqual(await mailbox.to('victim@example.com'), []);
  assert.equal((await cluster.ops('parked', 'list')).trim(), 'No account is parked.');
  await eventually('it is logged', () => /a record does not come from auth/.test(cluster.output()));
});
