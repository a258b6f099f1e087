import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { openStorage } from '@latchkey/auth';
import { createKafkaBus } from '@latchkey/bus/kafka';
import { accountsTopic, erasableAccountsTopic } from '@latchkey/events';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { temporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

const KAFKA_BROKERS = process.env['KAFKA_BROKERS'] ?? '';

async function system(t: TestContext) {
  assert.notEqual(KAFKA_BROKERS, '', 'KAFKA_BROKERS is not set: this test needs Kafka');
  const bus = createKafkaBus({
    brokers: KAFKA_BROKERS.split(','),
    clientId: 'latchkey-erasures-test',
    logger: { warn: () => undefined },
    onFatal: (reason) => assert.fail(reason),
  });
  t.after(() => bus.close());
  const folder = await temporaryFolder(t);
  const database = openDatabase({ folder, as: 'server' });
  const { erasureReceipts } = openStorage(createSqliteStore(database));
  const account = randomUUID();
  const at = '2026-03-01T12:00:00.000Z';
  await erasureReceipts.open({ account, sequence: 7, erasedAt: at, expected: ['auth'] });
  await erasureReceipts.confirm(account, { consumer: 'auth', confirmedAt: at });
  await erasureReceipts.noteCopies(account, at);
  await database.close();
  async function show(name: string) {
    const names = { TOPIC_NAMES: `${accountsTopic.name}=${name}` };
    const settings = { STORE: 'sqlite', LOG: 'kafka', DATA_DIR: folder, KAFKA_BROKERS, ...names };
    const { out, err } = await runCommandInProcess(settings, 'erasures', 'show', account, '--json');
    assert.equal(err, '');
    return JSON.parse(out).topic;
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
  assert.partialDeepStrictEqual(await show(compacted), {
    name: compacted,
    removal: 'compaction',
    removedBy: '2026-03-10T13:00:00.000Z',
    clean: false,
  });
  assert.deepEqual(await show(kept), {
    name: kept,
    removal: 'none',
    copiesAt: '2026-03-01T12:00:00.000Z',
    clean: false,
  });
});
