import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createKafkaBus } from '@latchkey/bus/kafka';
import { erasableAccountsTopic } from '@latchkey/events';
import { openMongo } from '@latchkey/mongo';
import { createMongoProxy, requireTestMongoUrl } from '@latchkey/mongo/testing';
import { runCommandInProcess } from '../testing/run-in-process.ts';
import { runOps } from '../testing/run-ops.ts';
import { stripProgress } from '../testing/strip-progress.ts';
import { createSecretFiles } from './secrets.ts';

const KAFKA_BROKERS = process.env['KAFKA_BROKERS'] ?? '';
const NOBODY = '127.0.0.1:1';

test('topics are created once, and existing ones with other settings are not changed', async () => {
  assert.notEqual(
    KAFKA_BROKERS,
    '',
    'KAFKA_BROKERS is not set: this test needs Kafka, such as 127.0.0.1:9092',
  );
  const settings = { KAFKA_BROKERS };
  assert.equal((await runOps(settings, 'topics')).code, 0);
  const again = await runCommandInProcess(settings, 'topics');
  assert.deepEqual([again.code, again.err], [0, '']);
  assert.match(
    again.out,
    /^accounts\.events\.v1: correct\. 12 partitions, .+, (?:compacted within 7 days|kept forever)$/m,
  );
  assert.match(again.out, /^mailings\.events\.v1: correct\. 12 partitions, .+, kept 7 days$/m);
  assert.match(again.out, /^security\.events\.v1: correct\. 12 partitions, .+, kept 90 days$/m);

  const asJson = (await runCommandInProcess(settings, 'topics', '--json')).out.trimEnd().split('\n');
  assert.deepEqual(
    asJson
      .map((line) => JSON.parse(line))
      .map(({ topic, created, partitions, retentionMs }) => [topic, created, partitions, retentionMs]),
    [
      ['accounts.events.v1', false, 12, -1],
      ['mailings.events.v1', false, 12, 604_800_000],
      ['deliveries.events.v1', false, 12, 7_776_000_000],
      ['erasures.receipts.v1', false, 12, 7_776_000_000],
      ['security.events.v1', false, 12, 7_776_000_000],
    ],
  );

  const shorter = await runCommandInProcess({ ...settings, AUDIT_RETENTION_DAYS: '30' }, 'topics');
  assert.equal(shorter.code, 1);
  assert.match(
    shorter.err,
    /The topic security\.events\.v1 exists with retention\.ms 7776000000, not 2592000000\. No topic was changed\. /,
  );

  const more = await runCommandInProcess(settings, 'topics', '--replication', '9', '--min-insync', '8');
  assert.deepEqual([more.code, more.out], [1, '']);
  assert.match(more.err, /^ops: The topic accounts\.events\.v1 exists with replication factor \d, not 9\. /);
  assert.match(more.err, / No topic was changed\. /);
});

test('a topic of release 0.1 that somebody has set to be compacted is refused, with what to do', async (t) => {
  const bus = createKafkaBus({
    brokers: KAFKA_BROKERS.split(','),
    clientId: 'latchkey-topics-test',
    logger: { warn: () => undefined },
    onFatal: (reason) => assert.fail(reason),
  });
  t.after(() => bus.close());
  const name = `accounts.${randomUUID()}`;
  await bus.ensureTopics([{ ...erasableAccountsTopic(), name }]);
  await bus.publish(name, [{ key: randomUUID(), value: Buffer.from('{}'), headers: {} }]);
  const { code, out, err } = await runCommandInProcess(
    { KAFKA_BROKERS, TOPIC_NAMES: `accounts.events.v1=${name}` },
    'topics',
  );
  assert.deepEqual([code, out], [1, '']);
  assert.match(
    err,
    new RegExp(`^ops: The topic ${name} is compacted, .* cleanup\\.policy of the topic to delete`),
  );
});

async function ownDatabase(t: TestContext) {
  const url = new URL(requireTestMongoUrl());
  url.pathname = `/latchkey_test_indexes_${randomBytes(4).toString('hex')}`;
  const mongo = openMongo({ url: url.href });
  await mongo.reached;
  t.after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });
  return { connection: mongo.connection, settings: { MONGO_URL: url.href } };
}

test('indexes are created once', async (t) => {
  const { settings } = await ownDatabase(t);
  const first = await runOps(settings, 'indexes');
  assert.deepEqual([first.code, stripProgress(first.err)], [0, '']);
  assert.match(first.out, /^auth_commits\.stream: created$/m);
  assert.match(
    (await runCommandInProcess(settings, 'indexes')).out,
    /^auth_commits\.stream: exists already$/m,
  );
  const [index] = (await runCommandInProcess(settings, 'indexes', '--json')).out.split('\n');
  assert.deepEqual(Object.keys(JSON.parse(index ?? '')), ['index', 'created']);
});

test('an index that takes long is waited for, and named meanwhile', async (t) => {
  const { settings } = await ownDatabase(t);
  const proxy = await createMongoProxy(settings.MONGO_URL);
  proxy.mend();
  t.after(() => proxy.cut());
  t.mock.timers.enable({ apis: ['setInterval'] });
  const held = proxy.holdNext('createIndexes');
  const ended = runCommandInProcess({ MONGO_URL: proxy.url }, 'indexes');
  const letGo = await held;
  t.mock.timers.tick(10_000);
  letGo();
  const made = await ended;
  assert.deepEqual(
    [made.code, made.err],
    [0, 'auth_commits.stream is still being created, after 10 seconds.\n'],
  );
  assert.match(made.out, /^auth_commits\.stream: created$/m);
});

test('a conflicting index is an error', async (t) => {
  const { connection, settings } = await ownDatabase(t);
  await connection.collection('auth_commits').createIndex({ number: 1 }, { name: 'stream' });
  const { code, out, err } = await runCommandInProcess(settings, 'indexes');
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /^ops: [^\n]*auth_commits[^\n]*drop the existing index[^\n]*\n$/);
});

test('a server that is down is waited for, or is an error if that is requested', async () => {
  const kafka = await runCommandInProcess({ KAFKA_BROKERS: NOBODY }, 'topics', '--no-wait');
  assert.deepEqual(
    [kafka.code, kafka.err],
    [1, `ops: KAFKA_BROKERS: no broker answers at ${NOBODY} (ECONNREFUSED).\n`],
  );
  const mongo = await runCommandInProcess({ MONGO_URL: `mongodb://${NOBODY}` }, 'indexes', '--no-wait');
  assert.equal(mongo.code, 1);
  assert.match(mongo.err, /^ops: The store cannot be reached: MongoDB failed: [^\n]*ECONNREFUSED[^\n]*\n$/);
});

test('faults of the settings are named', async () => {
  assert.equal((await runCommandInProcess({}, 'topics')).err, 'ops: KAFKA_BROKERS: is required\n');
  assert.equal(
    (await runCommandInProcess({ STORE: 'mongo' }, 'indexes')).err,
    'ops: MONGO_URL: is required\n',
  );
  for (const words of [
    ['--replication', '3'],
    ['--replication', '1', '--min-insync', '2'],
  ])
    assert.match(
      (await runCommandInProcess({}, 'topics', ...words)).err,
      /^ops: --replication and --min-insync go together/,
    );
  assert.match(
    (await runCommandInProcess({}, 'topics', '--replication', 'x', '--min-insync', '1')).err,
    /^ops: option '--replication <n>' argument 'x' is invalid/,
  );
});

test('a key that is used at once is warned about, because other processes may not know it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-keys-'));
  t.after(() => rm(folder, { recursive: true }));
  await createSecretFiles(folder);
  function rotate(...words: readonly string[]) {
    const settings = { MONGO_URL: requireTestMongoUrl() };
    return runCommandInProcess(settings, 'keys', 'rotate', 'events', ...words, '--folder', folder);
  }
  assert.match(
    (await rotate()).err,
    /^If several processes run: .+ keys rotate events --next and then --promote\.$/m,
  );
  assert.doesNotMatch((await rotate('--next')).err, /several processes/);
  assert.doesNotMatch((await rotate('--promote')).err, /several processes/);
});
