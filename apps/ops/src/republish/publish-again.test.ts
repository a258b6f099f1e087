import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAuthOps } from '@latchkey/auth/ops';
import { createEmbeddedBus, createEmbeddedLogReader } from '@latchkey/bus/embedded';
import { ACCOUNTS_TOPIC, type EncodedEvent } from '@latchkey/events';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { readEventKeysFromSettings } from '../keys.ts';
import { waitUntil } from '../testing/eventually.ts';
import { startStandalone } from '../testing/people.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';
import { createRepublisher } from './publish-again.ts';
import { createRecordEncoder } from './records-of.ts';
import { writeAccountEventsToTopic } from './write-topic.ts';

test('leaves nothing of an account that was erased after its records were made', async (t) => {
  const folder = await createTemporaryFolder(t);
  const environment = { DATA_DIR: folder };
  const town = await startStandalone(folder);
  const ada = await town.signUpAndVerify('ada');
  const database = openDatabase({ folder, as: 'shared' });
  const bus = createEmbeddedBus({ database });
  t.after(async () => {
    await bus.close();
    await database.close();
  });
  const { journal, erasures, chain } = openAuthOps(createSqliteStore(database));
  const stream = await journal.stream(ada);
  assert.ok(stream);
  const { signer } = await readEventKeysFromSettings({ environment });
  const recordsOf = createRecordEncoder({ journal, chain }, signer);
  const records = await recordsOf(stream);

  assert.equal((await runCommandInProcess(environment, 'erase', 'ada@example.com', '--now')).code, 0);
  await waitUntil('the account is erased', async () => {
    const found = await erasures.find(ada);
    return found?.receipts.some(({ consumer }) => consumer === 'auth') ?? false;
  });
  await town.stop();
  const context = { waits: false, note: assert.fail };
  const kafkaLike: EncodedEvent[] = [];
  const publish = async (_topic: string, published: readonly EncodedEvent[]) =>
    void kafkaLike.push(...published);
  const noted: string[] = [];
  const noteCopies = async (account: string) => void noted.push(account);
  const kafka = createRepublisher(context, { bus: { publish }, journal, recordsOf, noteCopies });
  await kafka.publish(ACCOUNTS_TOPIC, records);
  assert.deepEqual(noted.splice(0), [ada]);
  const latest = new Map(kafkaLike.map((record) => [record.key, record]));
  assert.ok([...latest.values()].every(({ headers }) => headers['ce_personsalt'] === undefined));
  assert.equal(kafkaLike.at(-1)?.headers['ce_type'], 'AccountErased');

  // In this test, the topic was written before the erasure, and the log cannot replace its records in place.
  const topic = 'accounts.events.v2';
  await bus.ensureTopics([{ name: topic, partitions: 12, retentionMs: -1 }]);
  await bus.publish(topic, records);
  const log = createEmbeddedLogReader(database);
  function writeAgain() {
    const repeated = {
      journal: { streams: journal.streams },
      recordsOf,
      log,
      bus: { publish: bus.publish },
      topic,
      noteCopies,
    };
    return writeAccountEventsToTopic({ ...repeated, maxRecords: 100, onProgress: () => undefined });
  }
  const events = (await journal.stream(ada))?.events.length;
  assert.deepEqual(await writeAgain(), { accounts: 1, events, added: events });
  assert.deepEqual(await writeAgain(), { accounts: 1, events, added: 0 });
  // Since the topic is already complete, the second call of `writeAgain` has published nothing. But it has
  // called `noteCopies` once more, so that auth publishes heartbeats again.
  assert.deepEqual(noted.splice(0), [ada, ada]);

  const publishAgain = createRepublisher(context, { bus, journal, recordsOf });
  for (const record of records) await publishAgain.publish(record.topic, [record]);
  const { code, out } = await runCommandInProcess(environment, 'erase', '--check', ada);
  assert.equal(code, 0, out);
});
