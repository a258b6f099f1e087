import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { openAuthStores } from '@latchkey/auth';
import { createKafkaBus } from '@latchkey/bus/kafka';
import {
  accountsTopic,
  erasableAccountsTopic,
  latchkeyConsumers,
  SECURITY_TOPIC,
  securityTopic,
} from '@latchkey/events';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

const KAFKA_BROKERS = process.env['KAFKA_BROKERS'] ?? '';

async function system(t: TestContext, { isGone = false } = {}) {
  assert.notEqual(KAFKA_BROKERS, '', 'KAFKA_BROKERS is not set: this test needs Kafka');
  const bus = createKafkaBus({
    brokers: KAFKA_BROKERS.split(','),
    clientId: 'latchkey-erasures-test',
    logger: { warn: () => undefined },
    onFatal: (reason) => assert.fail(reason),
  });
  t.after(() => bus.close());
  const folder = await createTemporaryFolder(t);
  const database = openDatabase({ folder, as: 'server' });
  const { erasureReceipts } = openAuthStores(createSqliteStore(database));
  const account = randomUUID();
  const at = '2026-03-01T12:00:00.000Z';
  const erasure = { account, sequence: 7, erasedAt: at, expected: latchkeyConsumers };
  await erasureReceipts.open(erasure);
  for (const consumer of latchkeyConsumers)
    await erasureReceipts.confirm(erasure, { consumer, confirmedAt: at });
  await erasureReceipts.noteCopies(account, at);
  if (isGone) await erasureReceipts.noteGone(account, at);
  await database.close();
  async function show(accounts: string, security = `security.${randomUUID()}`, ...words: readonly string[]) {
    const names = { TOPIC_NAMES: `${accountsTopic.name}=${accounts},${SECURITY_TOPIC}=${security}` };
    const settings = { STORE: 'sqlite', LOG: 'kafka', DATA_DIR: folder, KAFKA_BROKERS, ...names };
    const { out, err } = await runCommandInProcess(settings, 'erasures', 'show', account, '--json', ...words);
    assert.equal(err, '');
    return JSON.parse(out);
  }
  return { bus, show };
}

test('the certificate of an erasure says whether the topic is compacted, as the broker has it', async (t) => {
  const { bus, show } = await system(t);
  const [compacted, kept] = [`accounts.${randomUUID()}`, `accounts.${randomUUID()}`];
  const { compaction: _, ...uncompacted } = accountsTopic;
  await bus.ensureTopics([
    { ...erasableAccountsTopic(), name: compacted },
    { ...uncompacted, name: kept },
  ]);
  assert.partialDeepStrictEqual((await show(compacted)).topic, {
    name: compacted,
    removal: 'compaction',
    removedBy: '2026-03-10T13:00:00.000Z',
    clean: false,
  });
  assert.deepEqual((await show(kept)).topic, {
    name: kept,
    removal: 'none',
    copiesAt: '2026-03-01T12:00:00.000Z',
    clean: false,
  });
});

test('the certificate lists the topics that keep data until they are old, with the time at which it is gone', async (t) => {
  const { bus, show } = await system(t, { isGone: true });
  const [accounts, security] = [`accounts.${randomUUID()}`, `security.${randomUUID()}`];
  const letters = `${accounts}.dlq.user`;
  await bus.ensureTopics([
    { ...erasableAccountsTopic(), name: accounts },
    { ...securityTopic(400), name: security },
    { name: letters, partitions: 1, retentionMs: 24 * 3_600_000 },
  ]);
  const { complete, confirmed, topic, retained } = await show(accounts, security);
  assert.deepEqual([confirmed, topic.clean, complete], [true, true, false]);
  const own = retained.filter(({ name }: { name: string }) => [security, letters].includes(name));
  // The topics do not set `segment.ms`, so `removedBy` is computed with the broker's default for
  // `segment.ms`, which is 7 days.
  assert.deepEqual(own, [
    {
      name: security,
      contents: 'networks and user agents',
      removedBy: '2027-04-12T13:00:00.000Z',
      clean: false,
    },
    { name: letters, contents: 'dead letters', removedBy: '2026-03-09T13:00:00.000Z', clean: true },
  ]);
});

test('the certificate is not complete if the broker does not show a topic that may keep data', async (t) => {
  const { bus, show } = await system(t, { isGone: true });
  const [accounts, security] = [`accounts.${randomUUID()}`, `security.${randomUUID()}`];
  await bus.ensureTopics([{ ...erasableAccountsTopic(), name: accounts }]);
  const { complete, retained } = await show(accounts, security);
  assert.equal(complete, false);
  assert.deepEqual(
    retained.find(({ name }: { name: string }) => name === security),
    { name: security, contents: 'networks and user agents', clean: null },
  );
});

test('the certificate covers topics that the system used before, if the operator names them', async (t) => {
  const { bus, show } = await system(t, { isGone: true });
  const [accounts, former] = [`accounts.${randomUUID()}`, `accounts.${randomUUID()}`];
  const letters = `${former}.dlq.user`;
  await bus.ensureTopics([
    { ...erasableAccountsTopic(), name: accounts },
    { ...accountsTopic, name: former },
    { name: letters, partitions: 1, retentionMs: 24 * 3_600_000 },
  ]);
  const { retained, complete } = await show(accounts, undefined, '--topics', `${former},${former}0`);
  const contents = 'records under a former name';
  const own = retained.filter(({ name }: { name: string }) => name.startsWith(former));
  assert.deepEqual(own, [
    { name: former, contents, clean: false },
    { name: `${former}0`, contents, clean: null },
    { name: letters, contents, removedBy: '2026-03-09T13:00:00.000Z', clean: true },
  ]);
  assert.equal(complete, false);
});

test('the certificate names the topics that it does not cover and that may be former ones', async (t) => {
  const { bus, show } = await system(t, { isGone: true });
  const [accounts, letters] = [`accounts.${randomUUID()}`, `${SECURITY_TOPIC}.dlq.${randomUUID()}`];
  await bus.ensureTopics([
    { ...erasableAccountsTopic(), name: accounts },
    { name: letters, partitions: 1, retentionMs: 24 * 3_600_000 },
  ]);
  assert.ok((await show(accounts)).uncovered.includes(letters));
});
