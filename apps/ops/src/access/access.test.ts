import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import vm from 'node:vm';
import { allTopics, RECEIPTS_TOPIC, SECURITY_TOPIC, topics } from '@latchkey/events';
import { runCommandInProcess } from '../testing/run-in-process.ts';
import { createConsumerRights, kafkaUsers, listKafkaRights } from './kafka-rights.ts';
import { createMongoUsersScript, mongoCollectionsByService } from './mongo-roles.ts';

const root = join(import.meta.dirname, '../../../..');
const plain = listKafkaRights({ topicNames: {}, groupPrefix: '' });

function mayWrite(topic: string): readonly string[] {
  return plain
    .filter(
      ({ resource, name, operations }) =>
        resource === 'topic' && name === topic && operations.includes('Write'),
    )
    .map(({ user }) => user);
}

describe('on Kafka', () => {
  test('only its publisher, and ops for repairs, write a topic of events', () => {
    for (const { name, publisher } of topics) assert.deepEqual(mayWrite(name), [publisher, 'ops']);
    assert.deepEqual(mayWrite(SECURITY_TOPIC), ['auth', 'ops']);
    assert.deepEqual(mayWrite(RECEIPTS_TOPIC), ['auth', 'user', 'notifier', 'ops']);
  });

  test('ops reads and creates every topic', () => {
    for (const { name } of allTopics()) {
      const right = plain.find((each) => each.user === 'ops' && each.name === name);
      assert.ok(right?.operations.includes('Read') && right.operations.includes('Create'), name);
    }
  });

  test('a consumer of another team reads the events of accounts with groups of its own, and nothing else', () => {
    const rights = createConsumerRights('books', {
      topicNames: { 'accounts.events.v1': 'accounts.events.v2' },
    });
    assert.deepEqual(
      rights.map(({ resource, name, isPrefix, operations }) => [resource, name, isPrefix, operations]),
      [
        ['topic', 'accounts.events.v2', false, ['Read', 'Describe']],
        ['group', 'books', false, ['Read']],
        ['group', 'books-', true, ['Read']],
      ],
    );
  });

  test('acls prints the rights of consumers after those of our own processes', async () => {
    const own = (await runCommandInProcess({}, 'acls')).out;
    const words = ['--consumer', 'subscriber', 'books', '--principal', 'books=User:CN=books'];
    const { out } = await runCommandInProcess({}, 'acls', ...words);
    assert.ok(out.startsWith(own));
    const added = out.slice(own.length).trim().split('\n');
    assert.equal(added.length, 6);
    assert.match(
      added[1] ?? '',
      /--allow-principal 'User:subscriber' --group 'subscriber' --operation Read$/,
    );
    assert.match(added[5] ?? '', /'User:CN=books' --group 'books-' --resource-pattern-type prefixed/);
    assert.match(
      (await runCommandInProcess({}, 'acls', '--consumer', 'a b')).err,
      /Expected up to 63 letters/,
    );
  });

  test('acls --anchors lets ops append anchors to a topic and read them, and not remove them', async () => {
    const own = (await runCommandInProcess({}, 'acls')).out;
    const { out } = await runCommandInProcess({}, 'acls', '--anchors', 'anchors.v1');
    const [added = '', ...others] = out.slice(own.length).trim().split('\n');
    assert.deepEqual(others, []);
    assert.match(
      added,
      /--allow-principal 'User:ops' --topic 'anchors.v1' --operation Create --operation Read/,
    );
    assert.doesNotMatch(added, /Delete|Alter|All/);
  });

  test('no service creates or deletes a topic of events', () => {
    const names = new Set<string>(topics.map(({ name }) => name));
    for (const { user, name, operations } of plain)
      if (user !== 'ops' && names.has(name))
        assert.ok(!operations.includes('Create') && !operations.includes('Delete'));
  });

  test('topics and groups are named as the services name them', () => {
    const rights = listKafkaRights({
      topicNames: { 'accounts.events.v1': 'accounts.events.v2' },
      groupPrefix: 'shop.',
    });
    const names = rights.filter(({ user }) => user === 'notifier').map(({ name }) => name);
    assert.deepEqual(names, [
      'accounts.events.v2',
      'mailings.events.v1',
      'deliveries.events.v1',
      'erasures.receipts.v1',
      'shop.notifier',
      'shop.notifier.',
      'notifier',
      'accounts.events.v2.dlq.notifier',
      'accounts.events.v2.dlq.notifier.',
      'mailings.events.v1.dlq.notifier',
      'mailings.events.v1.dlq.notifier.',
    ]);
  });

  test('the documentation has the table of the code', () => {
    const document = readFileSync(join(root, 'docs/least-privilege.md'), 'utf8');
    const rows = plain.map(
      ({ user, resource, name, isPrefix, operations, why }) =>
        `| ${user} | ${resource} | \`${name}${isPrefix ? '*' : ''}\` | ${operations.join(', ')} | ${why} |`,
    );
    for (const row of rows)
      assert.ok(document.includes(row), `docs/least-privilege.md lacks:\n${rows.join('\n')}`);
  });
});

describe('on MongoDB', () => {
  test('the roles know every collection that a service uses', () => {
    for (const [service, collections] of Object.entries(mongoCollectionsByService)) {
      const sources = globSync(`services/${service}/src/storage/mongo/*.ts`, { cwd: root });
      assert.ok(sources.length > 2);
      // Skip `user_id` and `user_agent`: the pattern below matches them, but they are names of fields or
      // indexes, not of collections.
      for (const source of sources)
        for (const [, name = ''] of readFileSync(join(root, source), 'utf8').matchAll(
          new RegExp(`'(${service}_[a-z0-9_]+)'`, 'g'),
        ))
          if (name !== 'user_id' && name !== 'user_agent')
            assert.ok(collections.includes(name), `${name} of ${source} is in no role`);
    }
  });

  test('the roles know every collection of the libraries', () => {
    const known = createMongoUsersScript();
    const names = globSync('libs/{clients,webhooks}/src/storage/mongo/*.ts', { cwd: root }).flatMap(
      (source) =>
        [...readFileSync(join(root, source), 'utf8').matchAll(/'((?:webhook|service)_[a-z_]+)'/g)].map(
          ([, name = '']) => name,
        ),
    );
    assert.ok(names.length > 4);
    for (const name of names) assert.ok(known.includes(`"${name}"`), `${name} is in no role`);
  });

  test('the script creates what is missing and updates what is there', () => {
    const calls: unknown[] = [];
    const existing = new Set(['auth']);
    const target = {
      getRole: () => null,
      getUser: (name: string) => (existing.has(name) ? {} : null),
      createRole: ({ role }: { role: string }) => calls.push(['createRole', role]),
      createUser: ({ user, roles }: { user: string; roles: string[] }) =>
        calls.push(['createUser', user, ...roles]),
      updateUser: (user: string) => calls.push(['updateUser', user]),
    };
    const env = Object.fromEntries(kafkaUsers.map((user) => [`MONGO_${user.toUpperCase()}_PASSWORD`, 'x']));
    vm.runInNewContext(createMongoUsersScript(), { process: { env }, db: { getSiblingDB: () => target } });
    assert.deepEqual(JSON.parse(JSON.stringify(calls)), [
      ['createRole', 'latchkey_auth'],
      ['updateUser', 'auth'],
      ['createRole', 'latchkey_user'],
      ['createUser', 'user', 'latchkey_user'],
      ['createRole', 'latchkey_notifier'],
      ['createUser', 'notifier', 'latchkey_notifier'],
      ['createUser', 'ops', 'readWrite', 'dbAdmin'],
    ]);
  });
});
