import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '@latchkey/sqlite';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { createSqlSelectingEventRecords } from '../testing/events-of.ts';
import { waitUntil } from '../testing/eventually.ts';
import { startStandalone } from '../testing/people.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';
import { stripProgress } from '../testing/strip-progress.ts';

const ANOTHER = 'accounts.events.v2';
const MOVED = { TOPIC_NAMES: `accounts.events.v1=${ANOTHER}` };

async function usedFolder(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  const town = await startStandalone(folder);
  t.after(() => town.stop());
  const ada = await town.signUpAndVerify('ada');
  const ben = await town.signUpAndVerify('ben');
  function ops(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR: folder }, ...words);
  }
  /**
   * Waits until all commits are marked as published. auth marks a commit shortly after it has published the
   * commit.
   */
  function allPublished() {
    return waitUntil('the outbox is empty', async () =>
      /^unpublished +0 commits$/m.test((await ops('verify', '--patience', '0')).out),
    );
  }
  return { folder, town, ada, ben, ops, allPublished };
}

test('all accounts are written to a new topic, which can be repeated', async (t) => {
  const { town, ops, allPublished } = await usedFolder(t);
  await allPublished();
  const first = await ops('republish', '--to', ANOTHER);
  assert.deepEqual([first.code, stripProgress(first.err)], [0, '']);
  assert.equal(first.out, `${ANOTHER}: 4 events of 2 accounts, 4 of them written now.\n`);
  await town.signUpAndVerify('cleo');
  await allPublished();
  assert.match(
    (await ops('republish', '--to', ANOTHER)).out,
    /: 6 events of 3 accounts, 2 of them written now\.$/m,
  );
  assert.match((await ops('republish', '--to', ANOTHER)).out, / 0 of them written now\.$/m);
  assert.equal((await ops('verify')).code, 0);
});

test('services that move to the new topic send no mail twice and keep every profile', async (t) => {
  const { folder, town, ops } = await usedFolder(t);
  const before = [await town.me('ada'), await town.me('ben')];
  await town.stop();
  assert.equal((await ops('republish', '--to', ANOTHER)).code, 0);

  const moved = await startStandalone(folder, MOVED);
  t.after(() => moved.stop());
  const sent = await moved.mails();
  async function verified() {
    return runCommandInProcess({ DATA_DIR: folder, ...MOVED }, 'verify');
  }
  await waitUntil('everything is read from the new topic', async () => {
    const { out } = await verified();
    return out.includes('lag           user 0, notifier 0');
  });
  assert.equal((await verified()).code, 0);
  assert.equal(await moved.mails(), sent);
  assert.deepEqual([await moved.me('ada'), await moved.me('ben')], before);

  await moved.signUpAndVerify('cleo');
  assert.equal(await moved.mails(), sent + 2);
  assert.equal((await verified()).code, 0);
  const old = await ops('verify', '--patience', '0');
  assert.match(old.out, /^event-missing /m);
});

test('unpublished commits are left to auth, and are all that verify finds', async (t) => {
  const { folder, town, ada, ops } = await usedFolder(t);
  const cleo = await town.signUpAndVerify('cleo');
  await town.stop();
  const database = openDatabase({ folder, as: 'shared' });
  const before = "at = '2026-01-01T00:00:00.000Z'";
  await database.write(() => {
    for (const statement of [
      // Mark all commits of one account, and the second commit of another account, as unpublished.
      `UPDATE journal_commit SET unpublished = 1, ${before} WHERE stream = '${cleo}'`,
      `UPDATE journal_commit SET unpublished = 1, ${before} WHERE stream = '${ada}' AND number = 2`,
      `DELETE ${createSqlSelectingEventRecords(cleo)}`,
      `DELETE ${createSqlSelectingEventRecords(ada)} AND offset = (SELECT max(offset) ${createSqlSelectingEventRecords(ada)})`,
      `DELETE FROM user_profiles_v1 WHERE id = '${cleo}'`,
      `DELETE FROM notifier_deliveries WHERE subject = '${cleo}' OR (subject = '${ada}' AND mail = 'welcome')`,
      // Mark only the first commit of the third account as unpublished.
      `UPDATE journal_commit SET unpublished = 1, ${before} WHERE stream NOT IN ('${ada}', '${cleo}') AND number = 1`,
    ])
      database.prepare(statement).run();
  });
  await database.close();

  assert.match(
    (await ops('republish', '--to', ANOTHER)).out,
    /: 3 events of 2 accounts, 3 of them written now\.$/m,
  );
  async function kinds() {
    const { out } = await runCommandInProcess(
      { DATA_DIR: folder, ...MOVED },
      'verify',
      '--patience',
      '0',
      '--json',
    );
    return JSON.parse(out).findings.map(({ kind }: { readonly kind: string }) => kind);
  }
  assert.deepEqual(await kinds(), Array(4).fill('commit-unpublished'));

  const moved = await startStandalone(folder, MOVED);
  t.after(() => moved.stop());
  await waitUntil('the rest is published, and read', async () => (await kinds()).length === 0);
});

test('an account that is parked at a gap is unparked once its events are published again', async (t) => {
  const { folder, town, ada, ops } = await usedFolder(t);
  const before = await town.me('ada');
  const sent = await town.mails();
  await town.stop();
  const database = openDatabase({ folder, as: 'shared' });
  await database.write(() => {
    database
      .prepare(
        `DELETE ${createSqlSelectingEventRecords(ada)} AND offset = (SELECT min(offset) ${createSqlSelectingEventRecords(ada)})`,
      )
      .run();
    database.prepare(`DELETE FROM user_profiles_v1 WHERE id = '${ada}'`).run();
    database.prepare(`DELETE FROM bus_position WHERE "group" = 'user'`).run();
  });
  await database.close();

  const again = await startStandalone(folder);
  t.after(() => again.stop());
  await waitUntil('the account is parked', async () => (await ops('parked', 'list')).out.includes(ada));
  const found = await ops('verify', '--patience', '0');
  assert.equal(found.code, 1);
  assert.match(found.out, new RegExp(`^event-missing ${ada}: event 1 `, 'm'));
  assert.match(
    found.out,
    new RegExp(
      `^account-parked ${ada}: parked at partition \\d+, offset \\d+: event 2 came where 1 was due$`,
      'm',
    ),
  );

  const published = await ops('republish', '--account', ada);
  assert.deepEqual([published.code, stripProgress(published.err)], [0, '']);
  assert.match(published.out, new RegExp(`^${ada}: events 1 to 2 are on accounts\\.events\\.v1 again\\.`));
  assert.equal((await ops('parked', 'retry', ada)).code, 0);
  const repaired = await ops('verify');
  assert.equal(repaired.code, 0, repaired.out);
  assert.match(repaired.out, / 1 early and repeated in order,/);
  assert.deepEqual(await again.me('ada'), before);
  assert.equal(await again.mails(), sent);
});

test('everything that verify finds missing is published again in one call, and repaired by that', async (t) => {
  const { folder, ada, ben, ops, allPublished } = await usedFolder(t);
  await allPublished();
  const none = await ops('republish', '--missing');
  assert.deepEqual(
    [none.code, none.out],
    [0, 'Nothing is missing that publishing events again would repair.\n'],
  );
  await waitUntil('everything is read', async () => (await ops('verify', '--patience', '0')).code === 0);
  const database = openDatabase({ folder, as: 'shared' });
  await database.write(() => {
    database.prepare(`DELETE FROM user_profiles_v1 WHERE id = '${ada}'`).run();
    database.prepare(`DELETE FROM notifier_deliveries WHERE subject = '${ben}'`).run();
  });
  await database.close();
  const { code, out } = await ops('republish', '--missing', '--patience', '0');
  assert.equal(code, 0);
  for (const id of [ada, ben]) assert.match(out, new RegExp(`^${id}: events 1 to 2 are on `, 'm'));
  assert.match(out, /^If one of them is parked because it missed an event, the user service unparks it\.$/m);
  assert.equal(out.trimEnd().split('\n').length, 3);
  const repaired = await ops('verify');
  assert.equal(repaired.code, 0, repaired.out);
});

test('a topic with other events is refused, and so is one that is in use', async (t) => {
  const { folder, town, ada, ops } = await usedFolder(t);
  async function refused(says: RegExp, ...words: readonly string[]) {
    const { code, out, err } = await ops('republish', ...words);
    assert.deepEqual([code, out], [1, ''], err);
    assert.match(err, says);
  }
  await refused(/^ops: accounts\.events\.v1 is in use: [^\n]+\n$/, '--to', 'accounts.events.v1');
  await refused(/^ops: the journal has no account nobody\n$/, '--account', 'nobody');
  await refused(/^ops: give one of --to, --account and --missing\n/);
  for (const words of [
    ['--to', 'mailings.events.v2'],
    ['--to', 'accounts.events.v1.dlq.user'],
    ['--to', 'a topic'],
    ['--to', '..'],
    ['--to', ANOTHER, '--account', ada],
    ['--to', ANOTHER, '--missing'],
    ['--account', ada, '--missing'],
    ['everything'],
  ])
    await refused(/^ops: [^\n]+\n\nUsage: ops republish /, ...words);

  await ops('republish', '--to', ANOTHER);
  await town.stop();
  const database = openDatabase({ folder, as: 'shared' });
  await database.write(
    () =>
      void database
        .prepare(`UPDATE journal_commit SET correlation_id = 'another' WHERE stream = '${ada}'`)
        .run(),
  );
  await database.close();
  await refused(
    new RegExp(
      `^ops: accounts\\.events\\.v2 has events of ${ada} that the journal does not have: choose another name\n$`,
    ),
    '--to',
    ANOTHER,
  );
});
