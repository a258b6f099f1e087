/** Tests faults that waiting does not repair: each service must exit with code 1 and print one clear line. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { getMainModulePath } from '@latchkey/process/testing/program-paths';
import { type Cluster, prepareCluster, type ServiceName, serviceNames } from './support/cluster.ts';
import { withMongoDatabase } from './support/mongo-url.ts';
import { type ExitedProcess, runProgram } from './support/standalone.ts';
import type { Settings } from './support/system.ts';
import { createTopic, deleteTopicsAndGroups } from './support/test-broker.ts';

let cluster: Cluster;

before(async () => {
  cluster = await prepareCluster({ instances: { auth: 1, user: 0, notifier: 0 } });
});

after(() => cluster?.stop());

function run(service: ServiceName, settings: Settings): Promise<ExitedProcess> {
  return runProgram([getMainModulePath(`services/${service}`)], settings);
}

function runAll(more: Settings = {}): Promise<readonly ExitedProcess[]> {
  return Promise.all(
    serviceNames.map((service) => run(service, { ...cluster.settingsOf(service), ...more })),
  );
}

/**
 * Asserts that a process has exited with code 1 and has logged exactly one fatal record, without a stack
 * trace.
 * @returns the message of this record, which is a single line
 */
function lastWord({ code, stdout, stderr }: ExitedProcess): string {
  assert.equal(code, 1, stdout);
  assert.equal(stderr, '');
  const fatal = stdout.split('\n').filter((line) => line.includes('"level":"fatal"'));
  assert.equal(fatal.length, 1, stdout);
  const { msg, err } = JSON.parse(fatal[0] ?? '{}');
  assert.equal(err, undefined, 'it needs no stack');
  assert.ok(!msg.includes('\n'));
  return msg;
}

describe('a service exits immediately', () => {
  test('without its settings, and names all of them', async () => {
    const own: Readonly<Record<ServiceName, readonly string[]>> = {
      user: ['PUBLIC_URL'],
      notifier: ['PUBLIC_URL', 'SEALING_PRIVATE_KEYS', 'MAIL_SERVER'],
      auth: [
        'PUBLIC_URL',
        'SIGNING_KEYS',
        'EVENT_SIGNING_KEYS',
        'SEALING_PUBLIC_KEY',
        'PASSWORD_SALT_KEY',
        'REFRESH_KEY',
      ],
    };
    for (const service of serviceNames) {
      const { code, stdout, stderr } = await run(service, {});
      assert.equal(code, 1);
      assert.equal(stdout, '');
      const named = stderr.split('\n').map((line) => line.split(':')[0]);
      for (const name of ['KAFKA_BROKERS', 'MONGO_URL', ...own[service]])
        assert.ok(named.includes(name), `${service} names ${name}:\n${stderr}`);
    }
  });

  test('without the indexes, and names the command that creates them', async () => {
    const MONGO_URL = withMongoDatabase(
      cluster.stores.MONGO_URL,
      `latchkey_test_${randomBytes(4).toString('hex')}`,
    );
    for (const ended of await runAll({ MONGO_URL }))
      assert.match(lastWord(ended), /MONGO_URL: MongoDB .*index.* npm run ops -- indexes/);
  });

  test('with other keys than the accounts were made with, and names them', async () => {
    const [first] = cluster.instances.auth;
    first?.launch();
    await first?.ready();
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
    await cluster.ops('secrets', folder);
    for (const [name, file] of [
      ['PASSWORD_SALT_KEY', 'REFRESH_KEY'],
      ['REFRESH_KEY', 'PASSWORD_SALT_KEY'],
    ] as const) {
      const other = { [`${name}_FILE`]: join(folder, file) };
      const word = lastWord(await run('auth', { ...cluster.settingsOf('auth'), ...other }));
      assert.match(
        word,
        new RegExp(`${name}: differs from the value that the stored accounts were created with`),
      );
    }
    await rm(folder, { recursive: true });
    assert.equal(await first?.end('SIGTERM'), 0);
  });

  test('without the topics, and names the command that creates them', async () => {
    await deleteTopicsAndGroups(cluster.stores.KAFKA_BROKERS);
    for (const ended of await runAll())
      assert.match(lastWord(ended), /KAFKA_BROKERS: Kafka .*accounts\.events\.v1.* npm run ops -- topics/);
  });

  test('with a topic of other settings, and names topic and setting; ops alter nothing', async () => {
    await createTopic(cluster.stores.KAFKA_BROKERS, 'accounts.events.v1', { partitions: 3 });
    const refused = /accounts\.events\.v1.*partitions/;
    await assert.rejects(cluster.ops('topics'), refused);
    for (const ended of await runAll()) assert.match(lastWord(ended), refused);
  });
});
