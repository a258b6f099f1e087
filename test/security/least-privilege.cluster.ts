/**
 * Runs each process with its own Kafka user, on a broker whose authorizer denies everything that is not granted (ASVS
 * 5.0, 13.2.2). The rights that `ops acls` prints must suffice for a whole journey, and every other operation must
 * fail. KAFKA_SECURE_BROKERS names a test broker with SCRAM-SHA-256, PLAIN and an authorizer. It has the super user
 * `admin` with the password `admin-secret` (PLAIN), and the users auth, user, notifier, ops and stranger, whose
 * passwords are their names followed by `-secret` (SCRAM).
 */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { allTopics } from '@latchkey/events';
import kafkajs, { type Admin, type Consumer, Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { assertStatus, type Client, createClient } from '../support/client.ts';
import { type Cluster, prepareCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { createMailbox, extractLink, type Mailbox } from '../support/mailbox.ts';
import {
  createPersonActions,
  createUniquePerson,
  type Person,
  type PersonActions,
  waitUntilProfileShown,
} from '../support/people.ts';
import { OPS_PATH } from '../support/programs.ts';
import { runProgram } from '../support/standalone.ts';
import type { Settings } from '../support/system.ts';

const ACCOUNTS = 'accounts.events.v1';
const MAILINGS = 'mailings.events.v1';
const ADMIN: SASLOptions = { mechanism: 'plain', username: 'admin', password: 'admin-secret' };

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: this test needs a Kafka with an authorizer`);
}

function scram(username: string): SASLOptions {
  return { mechanism: 'scram-sha-256', username, password: `${username}-secret` };
}

function loginOf({ mechanism, ...login }: SASLOptions): Settings {
  const { username, password } = login as { username: string; password: string };
  return { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password };
}

const KAFKA_BROKERS = required('KAFKA_SECURE_BROKERS');
const MONGO_URL = required('MONGO_URL');

const ANCHORS = `anchors.${randomUUID()}`;

let cluster: Cluster;

before(async () => {
  const granted = await runProgram([OPS_PATH, 'acls', '--apply', '--anchors', ANCHORS], {
    KAFKA_BROKERS,
    ...loginOf(ADMIN),
  });
  assert.equal(granted.code, 0, granted.stderr);
  cluster = await prepareCluster({
    servers: { KAFKA_BROKERS, MONGO_URL },
    kafkaAdmin: ADMIN,
    opsSettings: loginOf(scram('ops')),
    instances: { auth: 1, user: 1, notifier: 1 },
    settingsOn: (_, service) => loginOf(scram(service)),
  });
  await cluster.start();
});

after(() => cluster?.stop());

describe('with the rights of its own alone, each process does its work (ASVS 13.2.2)', () => {
  let client: Client;
  let mailbox: Mailbox;
  let people: PersonActions;
  let ada: Person;

  before(async () => {
    client = createClient(cluster.url);
    mailbox = createMailbox(cluster.mailbox);
    people = createPersonActions(client, mailbox);
    ada = await people.verified(createUniquePerson('ada'));
  });

  test('a sign-up leads to a mail, a verified account and a profile', async () => {
    const { accessToken } = await people.login(ada);
    await waitUntilProfileShown(people, accessToken, ({ isVerified }) => isVerified === true);
  });

  test('a reset leads to a mail', async () => {
    assertStatus(await client.post('/auth/password-reset-request', { json: { email: ada.email } }), 202);
    assert.ok(extractLink(await mailbox.next(ada.email, 'Reset your password')).token);
  });

  test('an admin sends mails to a list', async () => {
    await cluster.ops('role', ada.email, 'admin');
    const { accessToken: token } = await people.login(ada);
    const { email } = createUniquePerson('reader');
    assertStatus(await client.post('/auth/send-mail', { token, json: { addresses: [email] } }), 202);
    await mailbox.next(email, 'Welcome to Latchkey');
  });

  test('ops finds that all stores agree', async () => {
    assert.match(await cluster.ops('verify'), /agree/);
  });

  test('ops appends an anchor to a topic, and compares the journal with it', async () => {
    assert.match(await cluster.ops('anchor', '--topic', ANCHORS), /chains at/);
    assert.match(await cluster.ops('verify', '--against', `topic:${ANCHORS}`), /agree/);
  });

  test('unreadable records go to the dead-letter queue', async () => {
    const kafka = new Kafka({ brokers: KAFKA_BROKERS.split(','), clientId: 'tests', sasl: ADMIN });
    const [producer, admin] = [kafka.producer({ allowAutoTopicCreation: false }), kafka.admin()];
    await Promise.all([producer.connect(), admin.connect()]);
    try {
      await producer.send({ topic: ACCOUNTS, messages: [{ key: 'x', value: 'no event' }] });
      const letters = [`${ACCOUNTS}.dlq.user`, `${ACCOUNTS}.dlq.notifier`];
      await eventually('there are dead letters', async () => {
        const topics = await admin.listTopics();
        return letters.every((topic) => topics.includes(topic));
      });
    } finally {
      await Promise.all([producer.disconnect(), admin.disconnect()]);
    }
  });
});

describe('no process can do more than that (ASVS 13.2.2)', () => {
  const clients: { disconnect(): Promise<void> }[] = [];
  after(() => Promise.all(clients.map((each) => each.disconnect())));

  function kafkaAs(user: string): Kafka {
    return new Kafka({
      brokers: KAFKA_BROKERS.split(','),
      clientId: 'tests',
      sasl: scram(user),
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    });
  }

  async function write(user: string, topic: string): Promise<void> {
    const producer = kafkaAs(user).producer({ allowAutoTopicCreation: false });
    clients.push(producer);
    await producer.connect();
    await producer.send({ topic, messages: [{ key: 'x', value: 'forged' }] });
  }

  /** Joins the group as a new member. Resolves once this member has fetched records of the topic. */
  async function read(user: string, group: string, topic: string): Promise<void> {
    const consumer: Consumer = kafkaAs(user).consumer({ groupId: group, allowAutoTopicCreation: false });
    clients.push(consumer);
    await consumer.connect();
    await consumer.subscribe({ topic });
    const crashed = new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer.on(consumer.events.FETCH, () => resolve());
    });
    crashed.catch(() => undefined);
    await consumer.run({ eachMessage: async () => undefined });
    await crashed;
  }

  async function asAdmin(user: string, work: (admin: Admin) => Promise<unknown>): Promise<void> {
    const admin = kafkaAs(user).admin();
    clients.push(admin);
    await admin.connect();
    await work(admin);
  }

  /** Returns all messages of an error that kafkajs throws: its own, and those of its causes. */
  function inWords(error: unknown): string {
    if (!(error instanceof Error)) return String(error);
    const { type, errors = [] } = error as { type?: string; errors?: readonly unknown[] };
    return [error.message, type, ...errors.map(inWords), error.cause && inWords(error.cause)].join(' ');
  }

  // If the broker denies access to a consumer group, kafkajs reports that it found no group coordinator.
  const DENIED = /AUTHORIZATION_FAILED|not authorized|authorization failed|Failed to find group coordinator/i;

  function assertDenied(work: Promise<unknown>): Promise<void> {
    return assert.rejects(work, (error) => {
      assert.match(inWords(error), DENIED);
      return true;
    });
  }

  /** The services that may write to each topic. */
  const writers: Readonly<Record<string, readonly string[]>> = {
    [ACCOUNTS]: ['auth'],
    [MAILINGS]: ['auth'],
    'security.events.v1': ['auth'],
    'deliveries.events.v1': ['notifier'],
    'erasures.receipts.v1': ['auth', 'user', 'notifier'],
  };
  const services = ['auth', 'user', 'notifier', 'stranger'];

  test('the topics of these tests are all topics', () => {
    assert.deepEqual(
      Object.keys(writers).toSorted(),
      allTopics()
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  for (const [topic, allowed] of Object.entries(writers))
    for (const user of services.filter((service) => !allowed.includes(service)))
      test(`${user} cannot write ${topic}`, () => assertDenied(write(user, topic)));

  for (const [user, topic] of [
    ['auth', 'security.events.v1'],
    ['auth', 'deliveries.events.v1'],
    ['user', 'security.events.v1'],
    ['user', 'deliveries.events.v1'],
    ['user', 'erasures.receipts.v1'],
    ['notifier', 'security.events.v1'],
    ['notifier', 'deliveries.events.v1'],
    ['notifier', 'erasures.receipts.v1'],
  ] as const)
    test(`${user} cannot read ${topic}, even as a group of its own`, () =>
      assertDenied(read(user, `${user}.own`, topic)));

  for (const [user, group, topic] of [
    ['user', 'notifier', ACCOUNTS],
    ['notifier', 'user', ACCOUNTS],
    ['auth', 'user', ACCOUNTS],
    ['user', 'user', MAILINGS],
    ['stranger', 'stranger', ACCOUNTS],
    ['stranger', 'user', ACCOUNTS],
    ['stranger', 'stranger', 'security.events.v1'],
    ['stranger', 'stranger', 'deliveries.events.v1'],
    ['stranger', 'auth', 'erasures.receipts.v1'],
    ['user', 'auth', 'erasures.receipts.v1'],
  ] as const)
    test(`${user} cannot read ${topic} as group ${group}`, () => assertDenied(read(user, group, topic)));

  for (const user of ['auth', 'user', 'notifier', 'stranger']) {
    test(`${user} cannot create, delete or alter topics`, async () => {
      await assertDenied(
        asAdmin(user, (admin) => admin.createTopics({ topics: [{ topic: `${user}.own` }] })),
      );
      await assertDenied(asAdmin(user, (admin) => admin.deleteTopics({ topics: [ACCOUNTS] })));
      const configEntries = [{ name: 'retention.ms', value: '1000' }];
      const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: ACCOUNTS, configEntries }];
      await assertDenied(asAdmin(user, (admin) => admin.alterConfigs({ validateOnly: false, resources })));
    });
  }
});
