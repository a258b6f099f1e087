/** Tests what operators see of an account whose history has forked, and how they repair it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '@latchkey/sqlite';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { waitUntil } from '../testing/eventually.ts';
import { startStandalone } from '../testing/people.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

/**
 * Starts a system whose read model and journal disagree about the last event of ada's account: the read model
 * has stored a different hash.
 */
async function forkedSystem(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  const town = await startStandalone(folder);
  t.after(() => town.stop());
  const ada = await town.signUpAndVerify('ada');
  await town.signUpAndVerify('ben');
  const database = openDatabase({ folder, as: 'shared' });
  t.after(() => database.close());
  await database.write(() => {
    const sql = 'UPDATE user_profiles_v1 SET head = :head WHERE id = :ada';
    database.prepare(sql).run({ head: `2:${'A'.repeat(43)}`, ada });
  });
  function ops(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR: folder }, ...words);
  }
  async function parked() {
    return (await ops('parked', 'list')).out;
  }
  return { town, ada, ops, parked, database };
}

test('verify reports the account before its next event, and rebuild user repairs it', async (t) => {
  const { town, ada, ops, parked } = await forkedSystem(t);
  const found = await ops('verify', '--patience', '0');
  assert.equal(found.code, 1);
  assert.match(
    found.out,
    new RegExp(
      `\nhistory-forked ${ada}: the read model has applied an event 2 that differs from the journal\n1 finding\\.\n$`,
    ),
  );

  await town.changeEmail('ada', 'ada@example.org');
  await waitUntil('the account is parked', async () => (await parked()).includes(ada));
  const cause = 'event 3 does not follow the event 2 that was applied: the history has forked';
  assert.match(
    await parked(),
    new RegExp(`^${ada} +event 2 +accounts\\.events\\.v1/\\d+/\\d+ +${cause}$`, 'm'),
  );
  const listed = JSON.parse((await ops('parked', 'list', '--json')).out);
  assert.partialDeepStrictEqual(listed, { account: ada, after: 2, reason: 'forked', cause });
  for (const [words, count] of [
    [[ada], `${ada} is still parked`],
    [['--all'], '1 of 1 accounts are still parked, 1 of them because their history has forked'],
  ] as const) {
    const retried = await ops('parked', 'retry', ...words);
    assert.equal(retried.code, 1);
    assert.equal(retried.out, `${ada}: still parked, at event 2: ${cause}\n`);
    assert.equal(
      retried.err,
      `ops: ${count}. Rebuild the read model (rebuild user); if the topic still has both histories, write a new topic first (republish --to).\n`,
    );
  }

  const rebuilt = await ops('rebuild', 'user');
  assert.equal(rebuilt.code, 0);
  assert.match(rebuilt.out, /^1 account that was parked is no longer parked\.\nGeneration 2 is active\./m);
  assert.match((await ops('verify')).out, /\nEverything agrees\.\n$/);
});

test('parked retry unparks the account if its read model has the history of the journal', async (t) => {
  const { town, ada, ops, parked, database } = await forkedSystem(t);
  await town.changeEmail('ada', 'ada@example.org');
  await waitUntil('the account is parked', async () => (await parked()).includes(ada));
  // The account was parked at event 3, because event 2 in the read model differs from event 2 in the journal.
  // Simulate that another process has repaired the read model with event 2 of the journal.
  await database.write(() => {
    const head = `SELECT '2:' || json_extract(events, '$[#-1].chain.hash') FROM journal_commit
      WHERE stream = :ada AND number = 2`;
    database.prepare(`UPDATE user_profiles_v1 SET head = (${head}) WHERE id = :ada`).run({ ada });
  });
  assert.equal((await ops('parked', 'retry', ada)).out, `${ada}: unparked, at event 3\n`);
  assert.match((await ops('verify')).out, /\nEverything agrees\.\n$/);
});
