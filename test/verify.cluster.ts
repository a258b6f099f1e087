/**
 * Tests `ops verify` and `ops republish` on Kafka and MongoDB, with two processes of each service. `verify` must find
 * nothing while the system is in use, and must report each difference that a test creates. `republish` must cause no
 * mails.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { type Db, type Document, MongoClient } from 'mongodb';
import { createClient } from './support/client.ts';
import { type Cluster, serviceNames, startCluster } from './support/cluster.ts';
import { findSequenceFaults, groupByStream } from './support/event-checks.ts';
import { eventually } from './support/eventually.ts';
import { getStreamId, type KcatRecord, readTopic } from './support/kcat.ts';
import { createMailbox } from './support/mailbox.ts';
import {
  createPersonActions,
  createUniquePerson,
  type Person,
  type PersonActions,
} from './support/people.ts';
import { runOpsInProcess } from './support/programs.ts';
import type { Settings } from './support/system.ts';

const ACCOUNTS = 'accounts.events.v1';
const ANOTHER = 'accounts.events.v2';
const MOVED: Settings = { TOPIC_NAMES: `${ACCOUNTS}=${ANOTHER}` };
const ROUNDS = 12;
const LONGEST_MS = 120_000;

let cluster: Cluster;
let people: PersonActions;
let mongo: MongoClient;
let db: Db;

before(async () => {
  // With `warn`, the services also process unsigned records, which a test writes in order to park an account.
  cluster = await startCluster({ settingsOn: () => ({ EVENT_SIGNATURES: 'warn' }) });
  people = createPersonActions(createClient(cluster.url), createMailbox(cluster.mailbox));
  mongo = await MongoClient.connect(cluster.stores.MONGO_URL);
  db = mongo.db();
});

after(async () => {
  await mongo?.close();
  await cluster?.stop();
});

/** Returns a person who has signed up and verified the address, with the id of the account. */
async function settled(name: string): Promise<{ readonly id: string; readonly person: Person }> {
  const person = await people.verified(createUniquePerson(name));
  const { id } = await people.login(person);
  return { id, person };
}

function ops(...words: readonly string[]) {
  return runOpsInProcess(cluster.opsSettings, ...words);
}

async function look(settings: Settings = {}, ...words: readonly string[]) {
  const { code, stdout, stderr } = await runOpsInProcess(
    { ...cluster.opsSettings, ...settings },
    'verify',
    '--json',
    ...words,
  );
  assert.notEqual(code, 2, stderr);
  return { code, ...JSON.parse(stdout) };
}

/** Returns kind, subject and sequence of each finding, but not its message. */
function named(findings: readonly { kind: string; subject?: string; sequence?: number }[]) {
  return findings
    .map(({ kind, subject, sequence }) => [kind, subject, sequence].filter(Boolean).join(' '))
    .toSorted();
}

function accounts() {
  return readTopic(cluster.stores.KAFKA_BROKERS, ACCOUNTS);
}

/** Writes a record to the topic of account events, as anyone with write access could. */
async function produce(key: string, value: string | null, headers: Readonly<Record<string, string>>) {
  const brokers = cluster.stores.KAFKA_BROKERS.split(',');
  const kafka = new Kafka({ brokers, clientId: 'meddler', logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic: ACCOUNTS, messages: [{ key, value, headers: { ...headers } }] });
  await producer.disconnect();
}

/**
 * Appends a commit to the stream of an account, directly in MongoDB.
 * @param more with `waits: true`, the commit is marked as unpublished
 */
async function appended(id: string, more: Document): Promise<Document> {
  const commits = db.collection<Document>('auth_commits');
  const last = await commits.find({ stream: id }).sort({ number: -1 }).next();
  assert.ok(last);
  const at = new Date(Date.now() - 120_000).toISOString();
  const number = last['number'] + 1;
  const event = {
    id: randomUUID(),
    type: 'SessionsRevoked',
    version: 1,
    time: at,
    data: { userId: id, reason: 'admin' },
  };
  const commit = {
    _id: randomUUID(),
    stream: id,
    number,
    sequence: last['sequence'] + last['events'].length,
    events: [event],
    correlationId: 'meddler',
    at,
    ...(more['waits'] ? { unpublished: { stream: id, number, at } } : {}),
  };
  await commits.insertOne(commit as never);
  return commit;
}

describe('verify', () => {
  test('agrees with a system that is in use all the time', async () => {
    const busy = new AbortController();
    const traffic = (async () => {
      for (let round = 0; round < ROUNDS || !busy.signal.aborted; round += 1) {
        const person = await people.verified(createUniquePerson('busy'));
        await people.login(person);
      }
    })();
    const first = await look();
    assert.deepEqual([first.code, first.findings], [0, []]);
    busy.abort();
    await traffic;
    const second = await look();
    assert.deepEqual([second.code, second.findings], [0, []]);
    assert.ok(second.counts.accounts >= ROUNDS);
    assert.equal(second.counts.events, second.counts.onTopic);
    assert.equal(second.counts.profiles, second.counts.accounts);
    assert.equal(second.counts.owed, second.counts.recorded);
  });

  test('finds each kind of disagreement, and shows no personal data', async () => {
    const all = await Promise.all(['ada', 'ben', 'cleo', 'dora', 'eve'].map(settled));
    const [ada, ben, cleo, dora, eve] = all.map(({ id }) => id) as [string, string, string, string, string];
    assert.equal((await look()).code, 0);
    // Stop auth, which would otherwise publish the commits that are marked as unpublished below.
    await Promise.all(cluster.instances.auth.map((instance) => instance.end('SIGTERM')));

    const profiles = db.collection<Document>('user_profiles_v1');
    const profile = await profiles.findOneAndUpdate(
      { _id: ada as never },
      { $unset: { 'profile.username': 1 } },
    );
    const missing = await appended(ben, {});
    const twice = (await accounts()).find((record) => getStreamId(record) === cleo);
    assert.ok(twice);
    await produce(cleo, twice.payload, twice.headers);
    await appended(cleo, { waits: true });
    const deliveries = db.collection<Document>('notifier_deliveries');
    const delivery = await deliveries.findOneAndDelete({ subject: dora, mail: 'welcome' });
    await produce(eve, '{"userId":', {});
    await eventually('an account is parked', () =>
      profiles.findOne({ 'parked.account': eve }).then((found) => found !== null),
    );
    const requests = db.collection<Document>('auth_requests');
    const request = {
      kind: 'verification',
      address: 'a',
      at: new Date().toISOString(),
      correlationId: 'meddler',
    };
    const forgotten = randomUUID();
    await requests.insertOne({
      _id: forgotten,
      ...request,
      owner: 'gone',
      leasedUntil: new Date(Date.now() - 120_000),
    } as never);

    const planted = [
      `account-parked ${eve}`,
      `commit-unpublished ${cleo}`,
      `delivery-missing ${dora} 2`,
      `event-missing ${ben} ${missing['sequence']}`,
      'lease-over',
      `profile-differs ${ada}`,
    ].toSorted();
    const { code, counts } = await eventually('exactly the planted differences are found', async () => {
      const found = await look({}, '--patience', '1');
      return isDeepStrictEqual(named(found.findings), planted) && found;
    });
    assert.equal(code, 1);
    // The number of repeated records may be higher: if a lease expired on a busy machine, auth has published
    // some records twice.
    assert.ok(counts.repeated >= 1);
    assert.deepEqual([counts.unreadable, counts.parked], [1, 1]);
    const { stdout } = await ops('verify', '--patience', '0');
    for (const { person } of all)
      assert.ok(!stdout.includes(person.username) && !stdout.includes(person.email));

    await requests.deleteOne({ _id: forgotten as never });
    for (const instance of cluster.instances.auth) instance.launch();
    await Promise.all(cluster.instances.auth.map((instance) => instance.ready()));
    await ops('parked', 'retry', eve);
    await ops('republish', '--account', ben);
    const left = [`delivery-missing ${dora} 2`, `profile-differs ${ada}`];
    await eventually('nothing differs but what was taken away', async () => {
      const { findings: found } = await look({}, '--patience', '1');
      return isDeepStrictEqual(named(found), left.toSorted());
    });
    assert.ok(profile && delivery);
    await profiles.replaceOne({ _id: profile._id }, profile);
    await deliveries.insertOne(delivery);
    assert.equal((await look()).code, 0);
  });
});

describe('republish', () => {
  test('writes to another topic while the current one is in use: each account in order, without gaps', async () => {
    const first = await ops('republish', '--to', ANOTHER);
    assert.equal(first.code, 0, first.stderr);
    await settled('late');
    const second = await ops('republish', '--to', ANOTHER);
    assert.match(second.stdout, /: [\d,]+ events of [\d,]+ accounts?, [1-9]\d* of them written now\.$/m);

    await atRest();
    assert.match((await ops('republish', '--to', ANOTHER)).stdout, / 0 of them written now\.$/m);
    const [oldTopic, newTopic] = [
      groupByStream(readable(await accounts())),
      groupByStream(await readTopic(cluster.stores.KAFKA_BROKERS, ANOTHER)),
    ];
    assert.deepEqual([...newTopic.keys()].toSorted(), [...oldTopic.keys()].toSorted());
    for (const [key, stream] of newTopic) {
      assert.deepEqual(findSequenceFaults(key, stream), []);
      const ids = (records: readonly KcatRecord[] = []) =>
        records.toSorted(bySequence).map(({ headers }) => headers['ce_id']);
      assert.deepEqual(ids(stream), ids(oldTopic.get(key)));
    }
  });

  test('of an account in place sends no mail and changes no profile', async () => {
    const { id } = await settled('again');
    await atRest();
    const before = await everything();
    assert.equal((await ops('republish', '--account', id)).code, 0);
    await atRest();
    assert.ok((await look()).counts.repeated >= 2);
    assert.deepEqual(await everything(), before);
  });

  test('lets services move to the other topic: no mail twice, no profile changed', async (t) => {
    await atRest();
    await Promise.all(
      serviceNames.flatMap((service) =>
        cluster.instances[service].map((instance) => instance.end('SIGTERM')),
      ),
    );
    const before = await everything();
    assert.equal((await ops('republish', '--to', ANOTHER)).code, 0);

    const auth = await startMoved(t, 'auth');
    const jwks = { JWKS_URL: `${auth.url}/.well-known/jwks.json` };
    await Promise.all([startMoved(t, 'user', jwks), startMoved(t, 'notifier', jwks)]);
    await atRest(MOVED);
    const { code, findings } = await look(MOVED);
    assert.deepEqual([code, findings], [0, []]);
    assert.deepEqual(await everything(), before);
  });
});

function readable(records: readonly KcatRecord[]) {
  return records.filter(({ headers }) => headers['ce_id'] !== undefined);
}
function bySequence(a: KcatRecord, b: KcatRecord): number {
  return Number(a.headers['ce_sequence']) - Number(b.headers['ce_sequence']);
}

/**
 * Waits until the system is idle: all events are published, the user service and the notifier have read them,
 * and every mail is in a final state.
 */
function atRest(settings: Settings = {}): Promise<true> {
  return eventually(
    'nothing is on its way',
    async () => {
      const { lag, counts } = await look(settings);
      if (lag.user + lag.notifier + counts.unpublished > 0) return false;
      return (await db.collection('notifier_deliveries').countDocuments({ open: { $exists: true } })) === 0;
    },
    LONGEST_MS,
  );
}

/** Returns all profiles, all deliveries, and the number of mails that were sent. */
async function everything() {
  function all(name: string) {
    return db.collection(name).find().sort({ _id: 1 }).toArray();
  }
  return {
    profiles: await all('user_profiles_v1'),
    deliveries: await all('notifier_deliveries'),
    mails: cluster.mails.taken.length,
  };
}

/**
 * Starts a process of a service with the settings in `MOVED`, which name the new topic. The process is
 * stopped at the end of the test.
 */
async function startMoved(t: TestContext, service: (typeof serviceNames)[number], settings: Settings = {}) {
  const instance = await cluster.another(service, { ...MOVED, ...settings });
  instance.launch();
  t.after(() => instance.end('SIGTERM'));
  await instance.ready();
  return instance;
}
