import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { createKafkaBus } from '@latchkey/bus/kafka';
import { ACCOUNTS_TOPIC, encode, topics } from '@latchkey/events';
import { openMongo } from '@latchkey/mongo';
import { requireTestMongoUrl } from '@latchkey/mongo/testing';
import { createIsolatedTopics } from '../testing/isolated-topics.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

const KAFKA_BROKERS = process.env['KAFKA_BROKERS'] ?? '';

async function cluster(t: TestContext) {
  assert.notEqual(KAFKA_BROKERS, '', 'KAFKA_BROKERS is not set: this test needs Kafka');
  const url = new URL(requireTestMongoUrl());
  url.pathname = `/latchkey_test_check_${randomBytes(4).toString('hex')}`;
  const mongo = openMongo({ url: url.href });
  await mongo.reached;
  t.after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });
  const bus = createKafkaBus({
    brokers: KAFKA_BROKERS.split(','),
    clientId: 'latchkey-check-test',
    logger: { warn: () => undefined },
    onFatal: (reason) => assert.fail(reason),
  });
  t.after(() => bus.close());
  const own = createIsolatedTopics(bus);
  await own.bus.ensureTopics(topics);
  const names = own.names(topics.map(({ name }) => name));
  const settings = { KAFKA_BROKERS, MONGO_URL: url.href, TOPIC_NAMES: names };
  return {
    connection: mongo.connection,
    bus: own.bus,
    names,
    /** Creates the topics under other names, which only this test uses. @returns the setting TOPIC_NAMES */
    renameTopics: async () => {
      const renamed = createIsolatedTopics(bus);
      await renamed.bus.ensureTopics(topics);
      return renamed.names(topics.map(({ name }) => name));
    },
    check: (account: string, { TOPIC_NAMES = names, words = [] as readonly string[] } = {}) =>
      runCommandInProcess({ ...settings, TOPIC_NAMES }, 'erase', '--check', account, ...words),
  };
}

function registered(userId: string, person: { email: string; username: string } | null) {
  const { key, value, headers } = encode({
    id: randomUUID(),
    subject: userId,
    sequence: 1,
    time: '2026-03-01T12:00:00.000Z',
    correlationId: 'request-1',
    causationId: 'command-1',
    type: 'UserRegistered',
    data: { userId, role: 'user', locale: 'en', person },
  });
  return { key, value, headers };
}

test('what is left of a person is found in collections and on topics', async (t) => {
  const { connection, bus, check } = await cluster(t);
  const [account, other] = [randomUUID(), randomUUID()];
  const email = `ada-${account}@example.com`;
  for (const text of [email, account]) {
    const { code, out } = await check(text);
    assert.equal(code, 0);
    assert.match(out, /^0 hits: nothing of it is in any store or topic\.\nTopics that were searched: \S/);
  }
  const person = { email, username: 'ada' };
  await bus.publish(ACCOUNTS_TOPIC, [registered(account, person), registered(other, null)]);
  await connection.collection('auth_requests').insertOne({ address: email });
  await connection.collection('auth_requests').insertOne({ address: `x${email}` });

  const byAddress = await check(email.toUpperCase());
  assert.equal(byAddress.code, 1);
  assert.match(byAddress.out, /^store auth_requests: 1\ntopic accounts\.events\.v1\.\w+: 1\nTopics/);
  const byId = await check(account);
  assert.equal(byId.code, 1);
  assert.match(byId.out, /^topic accounts\.events\.v1\.\w+: 1$/m);
  assert.equal((await check(other)).code, 0);
});

test('data of a person is found on a topic that the system used before, if the operator names it', async (t) => {
  const { bus, names, renameTopics, check } = await cluster(t);
  const account = randomUUID();
  const person = { email: `ada-${account}@example.com`, username: 'ada' };
  await bus.publish(ACCOUNTS_TOPIC, [registered(account, person)]);
  const former = names.split(',')[0]?.split('=')[1] ?? '';
  const TOPIC_NAMES = await renameTopics();
  const unnamed = await check(person.email, { TOPIC_NAMES });
  assert.equal(unnamed.code, 0);
  assert.ok(!unnamed.out.includes(former));
  const named = await check(person.email, { TOPIC_NAMES, words: ['--topics', former] });
  assert.equal(named.code, 1);
  assert.match(
    named.out,
    new RegExp(`^topic ${RegExp.escape(former)}: 1\nTopics .*, ${RegExp.escape(former)}$`, 'm'),
  );
  const missing = await check(person.email, { TOPIC_NAMES, words: ['--topics', `${former},${former}0`] });
  assert.deepEqual(
    [missing.code, missing.err],
    [1, `ops: --topics: ${former}0 does not exist, or this user has no right to see it\n`],
  );
});

test('topics of the system that the broker does not show are named, because they were not searched', async (t) => {
  const { names, check } = await cluster(t);
  const TOPIC_NAMES = `${names}0`;
  const hidden = TOPIC_NAMES.split('=').at(-1) ?? '';
  const { code, out, err } = await check('ada@example.com', { TOPIC_NAMES });
  assert.equal(code, 0);
  assert.ok(!out.includes(hidden));
  assert.match(err, new RegExp(`^not searched: (.+, )?${RegExp.escape(hidden)}[.,]`, 'm'));
});

test('anything else than an address or an id is refused', async () => {
  const { code, err } = await runCommandInProcess(
    { KAFKA_BROKERS, MONGO_URL: requireTestMongoUrl() },
    'erase',
    '--check',
    'ada',
  );
  assert.deepEqual([code, err], [1, 'ops: ada is neither the id of an account nor an email address\n']);
});
