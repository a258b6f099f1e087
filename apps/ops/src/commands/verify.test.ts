import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '@latchkey/sqlite';
import { z } from 'zod';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { createSqlSelectingEventRecords } from '../testing/events-of.ts';
import { startStandalone } from '../testing/people.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';
import { stripProgress } from '../testing/strip-progress.ts';

const report = z.object({
  agrees: z.boolean(),
  counts: z.record(z.string(), z.number()),
  lag: z.record(z.string(), z.number()),
  found: z.number(),
  findings: z.array(
    z.object({
      kind: z.string(),
      subject: z.string().optional(),
      sequence: z.number().optional(),
      message: z.string(),
    }),
  ),
});

/**
 * Runs `ops verify` on a data folder. Pass `--patience 0` in tests that expect findings: otherwise the command waits
 * for the findings to disappear.
 */
async function verifyJson(folder: string, ...words: readonly string[]) {
  const { code, out, err } = await runCommandInProcess({ DATA_DIR: folder }, 'verify', '--json', ...words);
  assert.equal(err, '');
  return { code, ...report.parse(JSON.parse(out)) };
}

/** Runs SQL statements that change stored data in a way in which no service changes it. */
async function tamper(folder: string, ...statements: readonly string[]): Promise<void> {
  const database = openDatabase({ folder, as: 'shared' });
  await database.write(() => {
    for (const sql of statements) assert.notEqual(database.prepare(sql).run().changes, 0, sql);
  });
  await database.close();
}

async function usedFolder(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  const town = await startStandalone(folder);
  t.after(() => town.stop());
  const ada = await town.signUpAndVerify('ada');
  const ben = await town.signUpAndVerify('ben');
  return { folder, town, ada, ben };
}

test('a running standalone agrees, and the report says what was compared', async (t) => {
  const { folder } = await usedFolder(t);
  const { code, out, err } = await runCommandInProcess({ DATA_DIR: folder }, 'verify');
  assert.deepEqual([code, stripProgress(err)], [0, '']);
  assert.match(out, /^accounts {6}2 in the journal, 2 in the read model$/m);
  assert.match(out, /^events {8}4 in the journal, 4 of them on the topics, in order$/m);
  assert.match(out, /^mails {9}4 owed, 4 of them recorded$/m);
  assert.match(out, /^unpublished {3}0 commits$/m);
  assert.match(out, /\nEverything agrees\.\n$/);
  assert.doesNotMatch(out, /example\.com|\bada\b/);
});

test('each disagreement is found, without any personal data', async (t) => {
  const { folder, town, ada, ben } = await usedFolder(t);
  await town.signUp('cleo');
  await town.stop();
  assert.equal((await verifyJson(folder)).code, 0);

  await tamper(
    folder,
    `UPDATE user_profiles_v1 SET profile = json_remove(profile, '$.username') WHERE id = '${ada}'`,
  );
  await tamper(folder, `DELETE FROM notifier_deliveries WHERE subject = '${ada}' AND mail = 'welcome'`);
  await tamper(
    folder,
    `DELETE ${createSqlSelectingEventRecords(ben)} AND offset = (SELECT max(offset) ${createSqlSelectingEventRecords(ben)})`,
  );
  await tamper(
    folder,
    `UPDATE journal_commit SET unpublished = 1, at = '2026-01-01T00:00:00.000Z' WHERE stream NOT IN ('${ada}', '${ben}')`,
  );
  const { code, findings, found } = await verifyJson(folder, '--patience', '0');
  assert.equal(code, 1);
  assert.deepEqual(findings.map(({ kind, subject, sequence }) => [kind, subject, sequence]).toSorted(), [
    ['commit-unpublished', findings.find(({ kind }) => kind === 'commit-unpublished')?.subject, undefined],
    ['delivery-missing', ada, 2],
    ['event-missing', ben, 2],
    ['profile-differs', ada, undefined],
  ]);
  assert.equal(found, 4);
  assert.match(findings.find(({ kind }) => kind === 'profile-differs')?.message ?? '', /, in username$/);

  const { out } = await runCommandInProcess({ DATA_DIR: folder }, 'verify', '--patience', '0');
  assert.match(
    out,
    new RegExp(
      `^event-missing ${ben}: event 2 \\(AccountVerified\\) is marked as published but is not on accounts\\.events\\.v1$`,
      'm',
    ),
  );
  assert.match(out, /\n4 findings\.\n$/);
  assert.doesNotMatch(out, /example\.com|\bcleo\b/);
});

test('a repeated record is counted and is no finding', async (t) => {
  const { folder, town, ada } = await usedFolder(t);
  await town.stop();
  await tamper(
    folder,
    `INSERT INTO bus_record SELECT r.topic, r.partition, p.next, r.at, r.key, r.value, r.headers
       FROM bus_record AS r JOIN bus_partition AS p ON p.topic = r.topic AND p.partition = r.partition
       WHERE r.rowid = (SELECT rowid ${createSqlSelectingEventRecords(ada)} ORDER BY offset LIMIT 1)`,
    `UPDATE bus_partition SET next = (SELECT max(offset) + 1 FROM bus_record AS r
       WHERE r.topic = bus_partition.topic AND r.partition = bus_partition.partition)
       WHERE EXISTS (SELECT 1 FROM bus_record AS r
       WHERE r.topic = bus_partition.topic AND r.partition = bus_partition.partition)`,
  );
  const { code, counts, lag } = await verifyJson(folder, '--patience', '0');
  assert.deepEqual([code, counts['repeated'], lag['user']], [0, 1, 1]);
});

test('the exit code is 2 if the comparison cannot be made', async (t) => {
  const parent = await createTemporaryFolder(t);
  const nothing = await runCommandInProcess({ DATA_DIR: parent }, 'verify');
  assert.deepEqual([nothing.code, nothing.out], [2, '']);
  assert.match(nothing.err, /^ops: DATA_DIR: the data folder [^\n]+ has no latchkey\.sqlite[^\n]+\n$/);

  const away = { MONGO_URL: 'mongodb://127.0.0.1:1', KAFKA_BROKERS: '127.0.0.1:1' };
  assert.equal((await runCommandInProcess(away, 'verify')).code, 2);
  const wrong = await runCommandInProcess({ DATA_DIR: parent }, 'verify', 'now');
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /^ops: too many arguments for 'verify'\. Expected 0 arguments but got 1[^\n]*\n/);
  for (const patience of ['x', '-1', '1.5', '3601']) {
    const { code, err } = await runCommandInProcess({ DATA_DIR: parent }, 'verify', `--patience=${patience}`);
    assert.equal(code, 2, patience);
    assert.match(
      err,
      /^ops: option '--patience <seconds>' argument '[^']+' is invalid\. Expected a whole number from 0 to 3600\.\n/,
    );
  }
});
