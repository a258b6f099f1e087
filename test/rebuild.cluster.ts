/**
 * Rebuilds the read model while two processes of the user service are running, and people change and read their
 * profiles.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { MongoClient } from 'mongodb';
import { assertStatus, createClient, retryWhileUnavailable } from './support/client.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { createMailbox } from './support/mailbox.ts';
import { type OpsProcess, startOpsCommand } from './support/ops-process.ts';
import { createPersonActions, createUniquePerson, type Tokens } from './support/people.ts';
import { createKillAfterOutputSettings } from './support/programs.ts';
import { type ProfileWriters, startProfileWriters } from './support/writers.ts';

/** A timeout that is longer than a consumer group takes to remove members that were killed. */
const TAKE_OVER_MS = 120_000;

let cluster: Cluster;
let people: readonly Tokens[];
let writers: ProfileWriters;

before(async () => {
  cluster = await startCluster({ instances: { auth: 1, user: 2, notifier: 1 } });
  const client = createClient(cluster.url);
  const { verified, login } = createPersonActions(client, createMailbox(cluster.mailbox));
  people = await Promise.all(
    ['ada', 'bob', 'carol', 'dave'].map(async (name) => login(await verified(createUniquePerson(name)))),
  );
  writers = startProfileWriters(people, {
    writer: client,
    readers: instances().map((url) => createClient(url)),
  });
});

after(async () => {
  await writers?.stop();
  await cluster?.stop();
});

function instances(): readonly string[] {
  return cluster.instances.user.map(({ url }) => url);
}

function ops(...words: readonly string[]): OpsProcess {
  return startOpsCommand(cluster.opsSettings, 'rebuild', 'user', ...words);
}

async function rebuild(...words: readonly string[]): Promise<string> {
  const command = ops(...words);
  assert.equal(await command.ended(), 0, command.output());
  return command.output();
}

async function moreIsWritten(): Promise<void> {
  const so = writers.written();
  await eventually('more is written', () => writers.written() > so + 10, TAKE_OVER_MS);
}

/** Waits until every instance of the user service reports the given generation as its active one. */
function answers(generation: number) {
  return eventually(`generation ${generation} answers everywhere`, async () => {
    const pages = await Promise.all(
      cluster.instances.user.map(async ({ operations }) => (await fetch(`${operations}/metrics`)).text()),
    );
    return pages.every((page) => new RegExp(`^latchkey_user_generation ${generation}$`, 'm').test(page));
  });
}

/** Returns the collections and consumer groups that belong to generations of the read model. */
async function traces(): Promise<readonly string[]> {
  const { KAFKA_BROKERS, MONGO_URL } = cluster.stores;
  const mongo = await MongoClient.connect(MONGO_URL);
  const collections = await mongo.db().listCollections({}, { nameOnly: true }).toArray();
  await mongo.close();
  const admin = new Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const { groups } = await admin.listGroups();
  await admin.disconnect();
  return [...collections.map(({ name }) => name), ...groups.map(({ groupId }) => groupId)]
    .filter((name) => /^user(_profiles_v\d+|\.v\d+)?$/.test(name))
    .toSorted();
}

test('a rebuild continues after kill -9, switches over and back, and nobody reads stale data or gets a mail', async () => {
  await moreIsWritten();
  const mailed = cluster.mails.taken.length;

  const begun = 'Generation 2 is filled from the beginning';
  const killed = startOpsCommand(
    { ...cluster.opsSettings, ...createKillAfterOutputSettings(begun) },
    'rebuild',
    'user',
  );
  await killed.ended();
  assert.match(killed.output(), new RegExp(begun));
  assert.match(await rebuild('--status'), /^Generation 2 is being filled, to become active next: /m);

  const done = await rebuild();
  assert.match(done, /^4 accounts compared, field by field: no difference\.$/m);
  assert.match(done, /^Generation 2 is active\. /m);
  await answers(2);
  await moreIsWritten();

  assert.match(await rebuild('--back'), /^Generation 1 is active\. /m);
  await answers(1);
  await moreIsWritten();
  await rebuild();
  await answers(2);
  assert.deepEqual(await traces(), ['user', 'user.v2', 'user_profiles_v1', 'user_profiles_v2']);

  assert.match(await rebuild('--drop'), /^Generation 1 is removed/m);
  assert.deepEqual(await traces(), ['user.v2', 'user_profiles_v2']);
  await moreIsWritten();
  await writers.stop();
  assert.equal(cluster.mails.taken.length, mailed);
});

test('an instance that starts later uses the active generation, and one that dies in a rebuild blocks nobody', async () => {
  await writers.stop();
  const [one, other] = cluster.instances.user;
  assert.ok(one && other);
  await one.end('SIGTERM');
  one.launch();
  await one.ready();
  const command = ops();
  await command.prints(/Generation 3 is filled from the beginning/);
  await other.end('SIGKILL');
  assert.equal(await command.ended(), 0, command.output());
  other.launch();
  await other.ready();
  await answers(3);
  for (const tokens of people) {
    for (const url of instances()) {
      const client = createClient(url);
      assertStatus(
        await retryWhileUnavailable(() => client.get('/users/me', { token: tokens.accessToken })),
        200,
      );
    }
  }
  const indexes = await cluster.ops('indexes');
  assert.match(indexes, /^user_profiles_v3\.parked: exists already$/m);
  assert.doesNotMatch(indexes, /user_profiles_v1/);
});
