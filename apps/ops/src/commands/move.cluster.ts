import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { parseEnv } from 'node:util';
import { authSettingsSchema, compose as composeAuth } from '@latchkey/auth';
import { generateSecrets } from '@latchkey/auth/secrets';
import { createKafkaBus } from '@latchkey/bus/kafka';
import { createFixedEventKeySource } from '@latchkey/consumer';
import { receiptsTopic, topics } from '@latchkey/events';
import { type MongoStore, openMongo } from '@latchkey/mongo';
import { requireTestMongoUrl } from '@latchkey/mongo/testing';
import { compose as composeNotifier, notifierSettingsSchema, openNotifierStorage } from '@latchkey/notifier';
import { createMetricsRegistry, groupProcessParts, readConfig } from '@latchkey/process';
import { openDatabase, openSqlite } from '@latchkey/sqlite';
import { createFixedKeySource } from '@latchkey/tokens';
import { compose as composeUser, userSettingsSchema } from '@latchkey/user';
import { openWebhookStorage } from '@latchkey/webhooks';
import { z } from 'zod';
import { composeStandalone } from '../../../standalone/src/compose.ts';
import { readStandaloneSettings } from '../../../standalone/src/settings.ts';
import { createSilentLogger, createTemporaryFolder, serveRoutes } from '../../../standalone/src/testing.ts';
import { waitUntil } from '../testing/eventually.ts';
import { createIsolatedTopics } from '../testing/isolated-topics.ts';
import { startTestMailServer, type TestMailServer } from '../testing/mail-sink.ts';
import { runOps } from '../testing/run-ops.ts';
import { stripProgress } from '../testing/strip-progress.ts';

const PASSWORD = 'correct horse battery';
const PUBLIC_URL = 'http://accounts.example.com';

function brokers(): string[] {
  const given = process.env['KAFKA_BROKERS'];
  if (given) return given.split(',');
  throw new Error('KAFKA_BROKERS is not set: this test needs Kafka, such as 127.0.0.1:9092');
}

/** Creates a database on the server of MONGO_URL, and drops it after the test. */
async function ownDatabase(t: TestContext) {
  const url = new URL(requireTestMongoUrl());
  url.pathname = `/latchkey_test_move_${randomBytes(4).toString('hex')}`;
  const mongo = openMongo({ url: url.href });
  await mongo.reached;
  t.after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });
  return { url: url.href, connection: mongo.connection, store: mongo };
}

function mailSettings(sink: TestMailServer) {
  return {
    MAIL_SERVER: '127.0.0.1',
    MAIL_PORT: String(sink.port),
    MAIL_STARTTLS: 'false',
    USE_CREDENTIALS: 'false',
    MAIL_FROM: 'no-reply@latchkey.example',
  };
}

const session = z.object({ accessToken: z.string(), refreshToken: z.string() });
const profile = z.looseObject({ email: z.string(), isVerified: z.boolean() });

/** Returns functions that send requests to the API at a base URL. */
function client(url: string) {
  function post(path: string, body?: object) {
    return fetch(`${url}/api/v1/auth/${path}`, {
      method: 'POST',
      ...(body ? { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
  }
  return {
    signUp: (email: string) => post('signup', { email, password: PASSWORD, username: 'somebody' }),
    verify: (token: string) => post(`verify/${token}`, { password: PASSWORD }),
    requestReset: (email: string) => post('password-reset-request', { email }),
    logIn: async (email: string) =>
      session.parse(await (await post('login', { email, password: PASSWORD })).json()),
    refresh: async (refreshToken: string) =>
      session.parse(await (await post('refresh', { refreshToken })).json()),
    async me(accessToken: string) {
      const headers = { Authorization: `Bearer ${accessToken}` };
      const answer = await fetch(`${url}/api/v1/users/me`, { headers });
      return answer.status === 200 ? profile.parse(await answer.json()) : undefined;
    },
  };
}

function linkIn(text: string): string {
  return /[\w-]{64}/.exec(text)?.[0] ?? '';
}

/**
 * Creates a data folder in which some mails are sent, some are canceled because newer mails superseded them,
 * and some are still pending.
 */
async function usedFolder(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  const sink = await startTestMailServer(t);
  const config = readStandaloneSettings({ PORT: '0', DATA_DIR: folder, PUBLIC_URL, ...mailSettings(sink) });
  const standalone = await composeStandalone(config, {
    logger: createSilentLogger(),
    registry: createMetricsRegistry(),
  });
  await standalone.start();
  const app = client(standalone.url);
  const [ada, ben] = [`ada-${randomUUID()}@example.com`, `ben-${randomUUID()}@example.com`];

  await app.signUp(ada);
  await waitUntil('the first mail is sent', () => sink.mails.length === 1);
  await app.verify(linkIn(sink.mails[0]?.text ?? ''));
  await waitUntil('the welcome mail is sent', () => sink.mails.length === 2);
  const { accessToken, refreshToken } = await app.logIn(ada);

  sink.refuse();
  await app.signUp(ben);
  await app.requestReset(ada);
  await app.requestReset(ada);
  function states() {
    const database = openDatabase({ folder, as: 'shared' });
    const rows = database.prepare('SELECT state FROM notifier_deliveries ORDER BY state').all();
    return database.close().then(() => rows.map(({ state }) => String(state)).join(' '));
  }
  await waitUntil('a reset is superseded', async () => (await states()).startsWith('cancelled '));
  let before = await app.me(accessToken);
  await waitUntil('the profile has both resets behind it', async () => {
    before = await app.me(accessToken);
    return before?.['version'] === 4;
  });
  await standalone.stop();
  return { folder, ada, ben, before, refreshToken };
}

/** Starts the services on Kafka and MongoDB, with the keys from an env file. */
async function startCluster(t: TestContext, store: MongoStore, keys: object) {
  const sink = await startTestMailServer(t);
  const kafka = createKafkaBus({
    brokers: brokers(),
    clientId: 'latchkey-move-test',
    logger: createSilentLogger(),
    onFatal: (reason) => assert.fail(reason),
  });
  t.after(() => kafka.close());
  const own = createIsolatedTopics(kafka);
  await own.bus.ensureTopics([...topics, receiptsTopic]);

  const environment = {
    ...keys,
    LATCHKEY_ENV: 'development',
    PUBLIC_URL,
    WEBHOOKS_ALLOW_PRIVATE: 'true',
    ...mailSettings(sink),
  };
  function deps() {
    return {
      backend: { store, bus: own.bus },
      logger: createSilentLogger(),
      registry: createMetricsRegistry(),
    };
  }
  const auth = composeAuth(readConfig(authSettingsSchema, environment), deps());
  const eventKeys = createFixedEventKeySource(auth.jwks());
  const user = composeUser(readConfig(userSettingsSchema, environment), {
    ...deps(),
    keys: createFixedKeySource(auth.jwks()),
    eventKeys,
  });
  const notifier = composeNotifier(readConfig(notifierSettingsSchema, environment), { ...deps(), eventKeys });
  const part = groupProcessParts('cluster', [user, notifier, auth]);
  t.after(() => part.stop());
  return {
    sink,
    auth,
    topicNames: own.names(topics.map(({ name }) => name)),
    start: () => part.start(),
    url: await serveRoutes(t, [...auth.routes, ...user.routes]),
    async isAtRest() {
      const unpublished = await store.connection
        .collection('auth_commits')
        .countDocuments({ unpublished: { $exists: true } });
      const open = await store.connection
        .collection('notifier_deliveries')
        .countDocuments({ open: { $exists: true } });
      return unpublished === 0 && open === 0 && (await own.lag()) === 0;
    },
  };
}

test('a data folder continues in a cluster: no mail twice, none lost, sessions and profiles as before', async (t) => {
  const { folder, ada, ben, before, refreshToken } = await usedFolder(t);
  const { url, store } = await ownDatabase(t);
  const settings = { DATA_DIR: folder, MONGO_URL: url };

  const early = await runOps(settings, 'move');
  assert.match(early.err, /^ops: MONGO_URL: MongoDB lacks index [^\n]+ Run: npm run ops -- indexes\n$/);
  assert.equal((await runOps(settings, 'indexes')).code, 0);

  const moved = await runOps(settings, 'move');
  assert.deepEqual([moved.code, stripProgress(moved.err)], [0, '']);
  assert.match(moved.out, /^deliveries: {2}5 of 5 are in the new store$/m);
  assert.match(moved.out, /^deliveries by state, in both: 2 pending, 2 sent, 1 cancelled$/m);
  const envFile = join(folder, 'cluster.env');
  assert.equal((await stat(envFile)).mode & 0o777, 0o600);
  const keys = parseEnv(await readFile(envFile, 'utf8'));

  const cluster = await startCluster(t, store, keys);
  await cluster.start();
  await waitUntil('everything is published, read and sent', cluster.isAtRest);
  const sent = cluster.sink.mails.map(({ to, subject }) => `${to} ${subject}`).toSorted();
  assert.deepEqual(sent, [`${ada} Reset your password`, `${ben} Verify your email`]);

  const app = client(cluster.url);
  const { accessToken } = await app.refresh(refreshToken);
  assert.deepEqual(await app.me(accessToken), before);
  const link = cluster.sink.mails.find(({ to }) => to === ben)?.text ?? '';
  assert.equal((await app.verify(linkIn(link))).status, 200);
  await waitUntil('the welcome mail is sent', () => cluster.sink.mails.length === 3);

  await waitUntil('everything is published, read and sent', cluster.isAtRest);
  const servers = { MONGO_URL: url, KAFKA_BROKERS: brokers().join(','), TOPIC_NAMES: cluster.topicNames };
  const { EVENT_SIGNING_KEYS = '' } = keys;
  const verified = await runOps({ ...servers, EVENT_SIGNING_KEYS }, 'verify');
  assert.deepEqual([verified.code, stripProgress(verified.err)], [0, ''], verified.out);
  assert.match(verified.out, /^accounts {6}2 in the journal, 2 in the read model$/m);
  assert.match(verified.out, /\nEverything agrees\.\n$/);

  const again = await runOps(settings, 'move');
  assert.deepEqual([again.code, stripProgress(again.err)], [0, '']);
  assert.match(again.out, /^commits: {5}\d+ of \d+ are in the new store, and 1 other$/m);
  assert.match(again.out, /^This folder was moved before\. Nothing was changed\.$/m);
  assert.equal((await app.me((await app.logIn(ben)).accessToken))?.isVerified, true);
});

test('a move that broke off keeps auth from starting, and is taken up again', async (t) => {
  const { folder } = await usedFolder(t);
  const { url, connection, store } = await ownDatabase(t);
  const settings = { DATA_DIR: folder, MONGO_URL: url };
  for (const command of ['indexes', 'move']) {
    const done = await runOps(settings, command);
    assert.deepEqual([done.code, stripProgress(done.err)], [0, '']);
  }
  const commits = connection.collection('auth_commits');
  const { length } = await commits.find().toArray();
  await commits.deleteOne({ number: 2 });
  await store.connection
    .collection<{ _id: string }>('auth_moves')
    .updateOne({ _id: 'embedded' }, { $unset: { endedAt: 1 } });

  const keys = parseEnv(await readFile(join(folder, 'cluster.env'), 'utf8'));
  const cluster = await startCluster(t, store, keys);
  await assert.rejects(
    cluster.auth.start(),
    /is being moved into this database, or its move was interrupted/,
  );
  await cluster.auth.stop();

  const resumed = await runOps(settings, 'move');
  assert.deepEqual([resumed.code, stripProgress(resumed.err)], [0, '']);
  assert.equal(await commits.countDocuments(), length);
});

test('a repeated move accepts changes of the services in moved data, and reports missing data', async (t) => {
  const { folder } = await usedFolder(t);
  const { url, connection } = await ownDatabase(t);
  const settings = { DATA_DIR: folder, MONGO_URL: url };
  const suppressed = await runOps(
    settings,
    'suppressions',
    'add',
    'eve@example.com',
    '--mail',
    'verify-email',
  );
  assert.equal(suppressed.code, 0, suppressed.err);
  for (const command of ['indexes', 'move']) {
    const done = await runOps(settings, command);
    assert.deepEqual([done.code, stripProgress(done.err)], [0, '']);
  }
  // Make the changes that running services may have made to the moved data by now: erased persons, mails that
  // are bounced, complained or canceled, and an expired suppression.
  const commits = connection.collection('auth_commits');
  await commits.updateMany(
    {},
    {
      $set: { 'events.$[].data.person': null, 'events.$[].chain': { hash: 'later' } },
      $unset: { claims: 1, 'events.$[].private': 1 },
    },
  );
  const deliveries = connection.collection('notifier_deliveries');
  const [first, second] = await deliveries.find({ state: 'sent' }).toArray();
  assert.ok(first && second);
  await deliveries.updateOne({ _id: first._id }, { $set: { state: 'bounced' } });
  await deliveries.updateOne({ _id: second._id }, { $set: { state: 'complained' } });
  await deliveries.updateMany({ state: 'pending' }, { $set: { state: 'cancelled' }, $unset: { open: 1 } });
  await connection.collection('notifier_suppressions').deleteMany({});
  const again = await runOps(settings, 'move');
  assert.deepEqual([again.code, stripProgress(again.err)], [0, '']);

  await deliveries.updateOne({ _id: first._id }, { $set: { state: 'failed' } });
  await commits.deleteOne({ number: 2 });
  const lacking = await runOps(settings, 'move');
  assert.equal(lacking.code, 1);
  assert.match(
    lacking.err,
    /The new store lacks deliveries, commits, or has different ones\. [^\n]+ do not empty it/,
  );
});

test('since when each key is in use moves, so that a former one needs no longer than before', async (t) => {
  const folder = await createTemporaryFolder(t);
  const { url, store } = await ownDatabase(t);
  const settings = { DATA_DIR: folder, MONGO_URL: url, ...generateSecrets() };
  const given = {
    MAIL_BOUNCE_KEY: { keys: ['new', 'former'], needed: false },
    MAIL_DKIM_PRIVATE_KEY: { keys: ['only'], needed: false },
  };
  const ofWebhooks = { WEBHOOK_SECRET_KEY: { keys: ['key'], needed: false } };
  const embedded = openSqlite({ folder, as: 'server' });
  const since = new Date('2026-03-01T12:00:00.000Z');
  const { keyFingerprints } = openNotifierStorage(embedded);
  await keyFingerprints.check(
    { ...given, MAIL_BOUNCE_KEY: { keys: ['former'], needed: false } },
    new Date(0),
  );
  await keyFingerprints.check(given, since);
  const before = await keyFingerprints.list();
  await openWebhookStorage(embedded).keyFingerprints.check(ofWebhooks, since);
  await embedded.close();

  await runOps(settings, 'indexes');
  const moved = await runOps(settings, 'move');
  assert.deepEqual([moved.code, stripProgress(moved.err)], [0, '']);
  const { keyFingerprints: onCluster } = openNotifierStorage(store);
  assert.deepEqual(await onCluster.list(), before);
  assert.deepEqual(await openWebhookStorage(store).keyFingerprints.list(), {
    WEBHOOK_SECRET_KEY: [{ key: 'key', since }],
  });

  await onCluster.check({ MAIL_BOUNCE_KEY: { keys: ['newest', 'new'], needed: false } }, new Date());
  assert.equal((await runOps(settings, 'move')).code, 0);
  assert.equal((await onCluster.list())['MAIL_BOUNCE_KEY']?.length, 3);
});

test('a move is refused where it could do harm, and nothing is changed', async (t) => {
  const { folder } = await usedFolder(t);
  const { url, connection } = await ownDatabase(t);
  const settings = { DATA_DIR: folder, MONGO_URL: url };
  await runOps(settings, 'indexes');
  async function refused(says: RegExp, ...words: readonly string[]) {
    const { code, out, err } = await runOps(settings, 'move', ...words);
    assert.deepEqual([code, out], [1, ''], err);
    assert.match(err, says);
    assert.equal(await connection.collection('auth_commits').countDocuments(), 0);
    assert.equal(await connection.collection('notifier_deliveries').countDocuments(), 0);
  }

  const server = openDatabase({ folder, as: 'server' });
  await refused(/^ops: The data folder [^\n]+ is held by another running server\.\n$/);
  await server.close();

  const other = join(folder, 'other.env');
  await writeFile(other, "REFRESH_KEY='another'\n");
  await refused(/^ops: [^\n]+ exists and contains something else[^\n]+\n$/, '--env-file', other);

  const fingerprints = connection.collection<{ _id: string; fingerprint: string }>('auth_fingerprints');
  await fingerprints.insertOne({ _id: 'REFRESH_KEY', fingerprint: 'another' });
  await refused(/^ops: MONGO_URL: auth has run on this database already[^\n]+\n$/);

  await refused(/^ops: too many arguments for 'move'\. Expected 0 arguments but got 1\.\n/, 'now');
});

/**
 * Starts a receiver of webhooks. `refuse` sets a function that returns whether to refuse an event; the
 * receiver responds with 500 to such an event.
 */
async function startReceiver(t: TestContext) {
  const received: string[] = [];
  let refuses: (account: string, sequence: number) => boolean = () => false;
  const server = createServer(async (request, response) => {
    const { id, subject, sequence } = JSON.parse(await text(request));
    if (refuses(subject, Number(sequence))) return void response.writeHead(500).end();
    received.push(`${subject} ${Number(sequence)} ${id}`);
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    url: `http://127.0.0.1:${address.port}/`,
    received,
    refuse: (next: typeof refuses) => {
      refuses = next;
    },
  };
}

test('webhooks continue where they were: nothing is sent twice, and waiting events are sent', async (t) => {
  const folder = await createTemporaryFolder(t);
  const sink = await startTestMailServer(t);
  const receiver = await startReceiver(t);
  const WEBHOOKS_ALLOW_PRIVATE = 'true';
  const config = readStandaloneSettings({
    PORT: '0',
    DATA_DIR: folder,
    PUBLIC_URL,
    WEBHOOKS_ALLOW_PRIVATE,
    ...mailSettings(sink),
  });
  const standalone = await composeStandalone(config, {
    logger: createSilentLogger(),
    registry: createMetricsRegistry(),
  });
  await standalone.start();
  const settings = { DATA_DIR: folder, WEBHOOKS_ALLOW_PRIVATE };
  const added = await runOps(settings, 'webhooks', 'add', 'crm', receiver.url);
  const id = /we_\w+/.exec(added.out)?.[0] ?? '';
  const late = /we_\w+/.exec(
    (await runOps(settings, 'webhooks', 'add', 'paused', `${receiver.url}?late`)).out,
  )?.[0];
  await runOps(settings, 'webhooks', 'pause', late ?? '');

  const app = client(standalone.url);
  const [ada, ben] = [`ada-${randomUUID()}@example.com`, `ben-${randomUUID()}@example.com`];
  await app.signUp(ada);
  await waitUntil('the mail is sent and the event is received', () => {
    return sink.mails.length === 1 && receiver.received.length === 1;
  });
  // Make the receiver refuse Ada's events from now on, so that they wait for a retry. The receiver still
  // accepts Ben's events.
  const [account = ''] = receiver.received[0]?.split(' ') ?? [];
  receiver.refuse((subject) => subject === account);
  await app.verify(linkIn(sink.mails[0]?.text ?? ''));
  await app.signUp(ben);
  await waitUntil('an event waits and another is delivered', async () => {
    const { out } = await runOps(settings, 'webhooks', 'list', '--json');
    const row = out.split('\n').find((line) => line.includes(id)) ?? '{}';
    return JSON.parse(row).waiting === 1 && receiver.received.length === 2;
  });
  await standalone.stop();
  const before = [...receiver.received];
  const attempts = await runOps(settings, 'webhooks', 'attempts', id, '--json');

  const { url, store, connection } = await ownDatabase(t);
  const target = { DATA_DIR: folder, MONGO_URL: url };
  await runOps(target, 'indexes');
  const moved = await runOps(target, 'move');
  assert.deepEqual([moved.code, stripProgress(moved.err)], [0, '']);
  const onCluster = await runOps({ MONGO_URL: url }, 'webhooks', 'attempts', id, '--json');
  assert.equal(onCluster.out, attempts.out);

  receiver.refuse(() => false);
  const cluster = await startCluster(t, store, parseEnv(await readFile(join(folder, 'cluster.env'), 'utf8')));
  await cluster.start();
  const onNew = client(cluster.url);
  assert.equal((await onNew.signUp(`cleo-${randomUUID()}@example.com`)).status, 201);
  const journal = await connection.collection('auth_commits').find().toArray();
  const events = new Set(
    journal.flatMap((commit) => commit['events'].map(({ id: event }: { id: string }) => event)),
  );
  await waitUntil('every event has arrived', () => {
    return new Set(receiver.received.map((line) => line.split(' ')[2])).size === events.size;
  });
  await waitUntil('everything is published, read and sent', cluster.isAtRest);
  await runOps({ MONGO_URL: url }, 'webhooks', 'remove', id);
  assert.equal(new Set(receiver.received).size, receiver.received.length, 'nothing came twice');
  assert.deepEqual(receiver.received.slice(0, before.length), before);
  const adas = receiver.received.filter((line) => line.startsWith(account)).map((line) => line.split(' ')[1]);
  assert.deepEqual(
    adas,
    adas.toSorted((a, b) => Number(a) - Number(b)),
  );

  const beforeResumed = receiver.received.length;
  await runOps({ MONGO_URL: url }, 'webhooks', 'resume', late ?? '');
  await waitUntil('the paused endpoint gets everything since its creation', () => {
    return receiver.received.length === beforeResumed + events.size;
  });
});
