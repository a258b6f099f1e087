import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openAuthOps } from '@latchkey/auth/ops';
import { generateSecretsAddedAfterRelease01 } from '@latchkey/auth/secrets';
import { createEmbeddedBus, createEmbeddedLogReader } from '@latchkey/bus/embedded';
import { eventKeysIn } from '@latchkey/events';
import { parseJson } from '@latchkey/process';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { journalTopics } from '@latchkey/verify';
import { loadOrGenerateSecrets } from '../../../standalone/src/secrets.ts';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { readEventKeysFromSettings } from '../keys.ts';
import { createRecordEncoder } from '../republish/records-of.ts';
import { republishUnsignedEvents } from '../republish/sign-topics.ts';
import { waitUntil } from '../testing/eventually.ts';
import { type RunningStandalone, startStandalone } from '../testing/people.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';
import { stripProgress } from '../testing/strip-progress.ts';

/**
 * SQL statements that convert stored data to the format of release 0.1: without hash chains in the journal,
 * without proofs in the records, and without hashes in the read model.
 */
const AS_BEFORE = [
  `UPDATE journal_commit SET events = (SELECT json_group_array(json_remove(value, '$.chain')) FROM json_each(events))`,
  `UPDATE bus_record SET headers = (SELECT json_group_array(json(value)) FROM json_each(headers)
    WHERE json_extract(value, '$[0]') NOT IN ('ce_hash', 'ce_previoushash', 'ce_persondigest', 'ce_personsalt', 'ce_signature'))`,
  'UPDATE user_profiles_v1 SET head = NULL',
];

async function change(folder: string, ...statements: readonly string[]): Promise<void> {
  const database = openDatabase({ folder, as: 'shared' });
  await database.write(() => {
    for (const statement of statements) database.prepare(statement).run();
  });
  await database.close();
}

/** Returns the data folder of a stopped server with two accounts, in the format of release 0.1. */
async function oldFolder(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  const town = await startStandalone(folder);
  const [ada, ben] = [await town.signUpAndVerify('ada'), await town.signUpAndVerify('ben')];
  const seen = [await town.me('ada'), await town.me('ben')];
  await town.stop();
  await change(folder, ...AS_BEFORE);
  function ops(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR: folder }, ...words);
  }
  async function upgraded() {
    const { code, out, err } = await ops('upgrade', '--json');
    assert.deepEqual([code, stripProgress(err)], [0, '']);
    return JSON.parse(out);
  }
  return { folder, ada, ben, seen, ops, upgraded };
}

async function profilesOf(town: RunningStandalone) {
  return [await town.me('ada'), await town.me('ben')];
}

test('chains the journal, signs what is on the topic, and does nothing the second time', async (t) => {
  const { folder, seen, ops, upgraded } = await oldFolder(t);
  const before = await ops('verify', '--patience', '0');
  assert.match(before.out, /^event-unsigned \S+: event 1 \(UserRegistered\), and 1 more, is on accounts/m);
  assert.deepEqual(await upgraded(), { chained: 2, published: 2, events: 4, leftOut: [] });
  assert.deepEqual(await upgraded(), { chained: 0, published: 0, events: 0, leftOut: [] });
  assert.match(
    (await ops('upgrade')).out,
    /^No event was published again\.\nEvery event on the topics is signed\.\n$/,
  );
  assert.equal((await ops('verify', '--patience', '0')).code, 0);

  // After the upgrade, the user service requires signatures. It must accept all events, even if it reads the
  // topic from the beginning.
  await change(folder, 'DELETE FROM user_profiles_v1', `DELETE FROM bus_position WHERE "group" = 'user'`);
  const town = await startStandalone(folder);
  t.after(() => town.stop());
  await waitUntil(
    'everything is read again',
    async () => (await ops('verify', '--patience', '0')).code === 0,
  );
  assert.deepEqual(await profilesOf(town), seen);
  await town.signUpAndVerify('cleo');
  await waitUntil('the new account agrees', async () => (await ops('verify', '--patience', '0')).code === 0);
});

test('continues where it was killed', async (t) => {
  const { folder, upgraded } = await oldFolder(t);
  const database = openDatabase({ folder, as: 'shared' });
  const bus = createEmbeddedBus({ database });
  const auth = openAuthOps(createSqliteStore(database));
  const keys = eventKeysIn(parseJson((await loadOrGenerateSecrets(folder)).EVENT_SIGNING_KEYS));
  const interrupted = republishUnsignedEvents({
    auth,
    recordsOf: createRecordEncoder(
      auth,
      (await readEventKeysFromSettings({ environment: { DATA_DIR: folder } })).signer,
    ),
    log: createEmbeddedLogReader(database),
    bus: {
      async publish(topic, records) {
        await bus.publish(topic, records.slice(0, 1));
        throw new Error('killed');
      },
    },
    topics: journalTopics.map(({ name }) => name),
    nameOf: (topic) => topic,
    keyOf: (kid) => keys.get(kid),
    maxRecords: 1000,
    onProgress: () => undefined,
  });
  await assert.rejects(interrupted, /killed/);
  await bus.close();
  await database.close();
  assert.deepEqual(await upgraded(), { chained: 1, published: 2, events: 3, leftOut: [] });
});

test('signs again what a key that is no longer accepted has signed', async (t) => {
  const { folder, upgraded } = await oldFolder(t);
  await upgraded();
  const settings = {
    DATA_DIR: folder,
    EVENT_SIGNING_KEYS: generateSecretsAddedAfterRelease01().EVENT_SIGNING_KEYS,
  };
  const { out } = await runCommandInProcess(settings, 'upgrade', '--json');
  assert.deepEqual(JSON.parse(out), { chained: 0, published: 2, events: 4, leftOut: [] });
});

test('leaves out what the journal cannot prove, and says so', async (t) => {
  const { folder, ada, ops } = await oldFolder(t);
  await change(folder, `UPDATE journal_commit SET events = '[]' WHERE stream = '${ada}' AND number = 2`);
  const { code, out } = await ops('upgrade');
  assert.equal(code, 1);
  assert.match(out, /^2 events of 1 account or mailing published again, signed\./m);
  assert.match(out, new RegExp(`^.*${ada}.*\n1 account or mailing left out: repair the cause`, 'm'));
});

test('asks for the keys of auth', async (t) => {
  const { folder } = await oldFolder(t);
  const { code, err } = await runCommandInProcess({ DATA_DIR: folder, EVENT_SIGNING_KEYS: '{}' }, 'upgrade');
  assert.equal(code, 1);
  assert.match(err, /^ops: EVENT_SIGNING_KEYS: [^\n]+\n$/);
});
