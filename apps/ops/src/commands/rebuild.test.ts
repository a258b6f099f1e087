/** Tests `rebuild user` while the user service runs on a data folder. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { openAuthStores } from '@latchkey/auth';
import type { Bus } from '@latchkey/bus';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { testEventKeySource } from '@latchkey/consumer/testing/signed';
import {
  ACCOUNTS_TOPIC,
  decodeReceipt,
  encode,
  type LatchkeyEvent,
  RECEIPTS_TOPIC,
  type Receipt,
} from '@latchkey/events';
import { createMetricsRegistry, readConfig } from '@latchkey/process';
import { createSqliteStore, type Database, openDatabase } from '@latchkey/sqlite';
import { createFixedKeySource } from '@latchkey/tokens';
import { compose, topicsOfUserService, userSettingsSchema } from '@latchkey/user';
import { openUserOps } from '@latchkey/user/ops';
import { createSilentLogger, createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { createSqlSelectingEventRecords } from '../testing/events-of.ts';
import { waitUntil } from '../testing/eventually.ts';
import { startStandalone } from '../testing/people.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

function registered(userId: string): LatchkeyEvent {
  return {
    id: randomUUID(),
    subject: userId,
    sequence: 1,
    time: '2026-03-01T12:00:00.000Z',
    correlationId: 'request-1',
    causationId: 'command-1',
    type: 'UserRegistered',
    data: { userId, role: 'user', locale: 'en', person: { email: 'ada@example.com', username: 'ada' } },
  };
}

function erased(userId: string): LatchkeyEvent {
  return { ...registered(userId), id: randomUUID(), sequence: 2, type: 'AccountErased', data: { userId } };
}

async function scene(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database });
  await bus.ensureTopics(topicsOfUserService);
  const user = compose(
    readConfig(userSettingsSchema, { PUBLIC_URL: 'https://id.example.com', EVENT_SIGNATURES: 'warn' }),
    {
      backend: { store: createSqliteStore(database), bus },
      logger: createSilentLogger(),
      registry: createMetricsRegistry(),
      keys: createFixedKeySource({ keys: [] }),
      eventKeys: testEventKeySource,
    },
  );
  await user.start();
  t.after(async () => {
    await user.stop();
    await bus.close();
    await database.close();
  });
  const account = randomUUID();
  await bus.publish(ACCOUNTS_TOPIC, [encode(registered(account))]);
  await waitUntil('the account is stored', () => profilesIn(database) === 1);
  return {
    database,
    bus,
    user,
    account,
    /** Publishes a record that cannot be decoded as an event. */
    publishGarbage: () =>
      bus.publish(ACCOUNTS_TOPIC, [{ key: account, value: Buffer.from('{'), headers: {} }]),
    listParked: () => openUserOps(createSqliteStore(database)).listParked({ limit: 9 }),
    rebuild: (...words: readonly string[]) =>
      runCommandInProcess({ DATA_DIR: folder }, 'rebuild', 'user', ...words),
  };
}

/** Starts a system in which an account was parked because of an invalid record, and was resumed later. */
async function repairedTown(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  // With the default of EVENT_SIGNATURES, a record without a signature would be skipped. With `warn`, the
  // unreadable record that is published below parks its account.
  const town = await startStandalone(folder, { EVENT_SIGNATURES: 'warn' });
  t.after(() => town.stop());
  const ada = await town.signUpAndVerify('ada');
  const database = openDatabase({ folder, as: 'shared' });
  t.after(() => database.close());
  const bus = createEmbeddedBus({ database });
  await bus.publish(ACCOUNTS_TOPIC, [{ key: ada, value: Buffer.from('{'), headers: {} }]);
  await bus.close();
  function ops(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR: folder }, ...words);
  }
  async function isParked() {
    return (await ops('parked', 'list')).out.includes(ada);
  }
  await waitUntil('the account is parked', isParked);
  assert.equal((await ops('parked', 'retry', ada)).out, `${ada}: unparked, at event 2\n`);
  assert.equal(await isParked(), false);
  return { town, database, ada, ops };
}

/**
 * Runs `rebuild user`, and asserts that it exits with 1 and does not switch over. The expected reason is that
 * some accounts are parked in the new generation 2, but not in the active one.
 */
async function refused(
  ops: (...words: readonly string[]) => ReturnType<typeof runCommandInProcess>,
  many: string,
) {
  const { code, err } = await ops('rebuild', 'user');
  assert.equal(code, 1);
  assert.match(
    err,
    new RegExp(
      `^ops: Not switched over: ${many} parked in generation 2 but not in the active one, .+\\. Run parked retry --all, `,
      'm',
    ),
  );
}

/**
 * Runs `cause`, waits until the topic of receipts contains at least one receipt, and returns the account,
 * consumer and sequence of each receipt.
 */
async function readReceipts(bus: Bus, cause: () => Promise<void> = async () => undefined) {
  const receipts: (Receipt | undefined)[] = [];
  const subscription = await bus.subscribe({
    topics: [RECEIPTS_TOPIC],
    group: 'test',
    handle: async ({ records }) => void receipts.push(...records.map(decodeReceipt)),
  });
  await cause();
  await waitUntil(
    'the receipts are read',
    async () => receipts.length > 0 && (await subscription.lag()) === 0,
  );
  await subscription.close();
  return receipts.map((receipt) => [receipt?.userId, receipt?.consumer, receipt?.sequence]);
}

function profilesIn(database: Database): number {
  return Number(database.prepare('SELECT count(*) AS many FROM user_profiles_v1').get()?.['many']);
}

describe('rebuild user', () => {
  test('reports its progress and its result, and lists the generations', async (t) => {
    const { rebuild } = await scene(t);
    const done = await rebuild();
    assert.equal(done.code, 0);
    // The command prints its progress every ten seconds. Only on a busy machine does a rebuild take that
    // long, so the line `records read` may occur any number of times.
    assert.match(done.err, /^records read: 0 of 1\n(records read: \d of 1\n)*accounts compared: 1\n$/);
    assert.equal(
      done.out,
      `Generation 2 is filled from the beginning of the log. The active generation keeps serving queries.
Generation 2 has caught up: 1 record read.
1 account compared, field by field: no difference.
Generation 2 is active. Every instance switches over within 2 seconds.
Generation 1 is kept up to date: --back switches back to it, --drop deletes it.
`,
    );
    const { out } = await rebuild('--status');
    assert.match(
      out,
      /^Generation 1 is kept up to date, so that you can switch back to it: 1 of 1 record read, 0 accounts parked\.\nGeneration 2 has been active since 20\S+: 1 of 1 record read, 0 accounts parked\.\n$/,
    );
    const json = (await rebuild('--status', '--json')).out.trimEnd().split('\n');
    const [first, second] = json.map((line) => JSON.parse(line));
    assert.deepEqual(first, { generation: 1, role: 'kept', read: 1, records: 1, parked: 0 });
    assert.deepEqual({ ...second, since: '' }, { ...first, generation: 2, role: 'active', since: '' });
  });

  test('switches over despite a difference only if that is accepted', async (t) => {
    const { database, account, rebuild } = await scene(t);
    await database.write(
      () =>
        void database.exec(
          `UPDATE user_profiles_v1 SET profile = json_set(profile, '$.locale', 'xx', '$.firstName', 'Ada')`,
        ),
    );
    const refused = await rebuild();
    assert.equal(refused.code, 1);
    const line = `differences in firstName (1), locale (1): 1 of 1 account, such as ${account}`;
    assert.ok(
      refused.err.endsWith(
        `ops: Not switched over: ${line}. If a changed projection is the reason, repeat with --accept-differences; otherwise --drop deletes generation 2.\n`,
      ),
      refused.err,
    );
    assert.match((await rebuild('--status')).out, /^Generation 2 is being filled, to become active next: /m);
    const accepted = await rebuild('--accept-differences');
    assert.equal(accepted.code, 0);
    assert.ok(accepted.out.includes(`Accepted: ${line}.\nGeneration 2 is active.`), accepted.out);
  });

  test('does not switch over to a generation in which more accounts are parked', async (t) => {
    const { database, account, listParked, publishGarbage, rebuild } = await scene(t);
    await publishGarbage();
    await waitUntil('the account is parked', async () => (await listParked()).length === 1);
    assert.equal((await rebuild()).code, 0, 'parked in both');
    assert.equal((await rebuild('--back')).code, 0);

    await database.write(() => void database.exec('UPDATE user_profiles_v1 SET parked = NULL'));
    const refused = await rebuild();
    assert.equal(refused.code, 1);
    assert.match(
      refused.err,
      new RegExp(
        `^ops: Not switched over: 1 account parked in generation 2 but not in the active one, such as ${account} \\(.+\\)\\. Run parked retry --all, `,
        'm',
      ),
    );
  });

  test('switches over once the accounts parked only in the new generation are unparked', async (t) => {
    const { ada, ops } = await repairedTown(t);
    await refused(ops, '1 account');

    const list = await ops('parked', 'list');
    assert.match(list.out, /^account +generation +parked after +record +cause\n/);
    assert.match(list.out, new RegExp(`^${ada} +2 +event 2 +accounts\\.events\\.v1/\\d+/2 +.+$`, 'm'));
    const asJson = JSON.parse((await ops('parked', 'list', '--json')).out);
    assert.deepEqual([asJson.account, asJson.generation], [ada, 2]);
    assert.match((await ops('parked', 'show', ada)).out, /^generation +2\nparked after +event 2$/m);

    const retried = await ops('parked', 'retry', '--all');
    assert.deepEqual([retried.code, retried.out], [0, `${ada}: unparked in generation 2, at event 2\n`]);
    const flipped = await ops('rebuild', 'user');
    assert.equal(flipped.code, 0, flipped.err);
    assert.match(flipped.out, /^Generation 2 is active\./m);
  });

  test('does not switch over while an account cannot be unparked', async (t) => {
    const { town, database, ada, ops } = await repairedTown(t);
    const ben = await town.signUpAndVerify('ben');
    await database.write(
      () =>
        void database.exec(
          `DELETE ${createSqlSelectingEventRecords(ben)} AND offset = (SELECT min(offset) ${createSqlSelectingEventRecords(ben)})`,
        ),
    );
    await refused(ops, '2 accounts');
    const stands = `${ben}: still parked in generation 2, at event 0: event 2 came where 1 was due`;
    const all = await ops('parked', 'retry', '--all');
    assert.deepEqual([all.code, all.err], [1, 'ops: 1 of 2 accounts are still parked\n']);
    const unparked = `${ada}: unparked in generation 2, at event 2`;
    assert.deepEqual(all.out.trimEnd().split('\n'), [unparked, stands].toSorted());
    const one = await ops('parked', 'retry', ben);
    assert.deepEqual([one.code, one.out, one.err], [1, `${stands}\n`, `ops: ${ben} is still parked\n`]);
    await refused(ops, '1 account');
  });

  test('refuses unknown arguments, and more than one task at a time', async () => {
    for (const [words, says] of [
      [[], "missing required argument 'user'"],
      [['auth'], "command-argument value 'auth' is invalid for argument 'user'. Allowed choices are user."],
      [['user', 'again'], "too many arguments for 'rebuild'. Expected 1 argument but got 2."],
      [['user', '--back', '--drop'], "option '--back' cannot be used with option '--drop'"],
      [['user', '--status', '--drop'], "option '--status' cannot be used with option '--drop'"],
      [
        ['user', '--accept-differences', '--back'],
        "option '--accept-differences' cannot be used with option '--back'",
      ],
      [['user', '--fast'], "unknown option '--fast'"],
      [['user', '--json'], '--json needs --status'],
    ] as const) {
      const { code, out, err } = await runCommandInProcess({}, 'rebuild', ...words);
      assert.deepEqual([code, out, err.split('\n')[0]], [1, '', `ops: ${says}`]);
    }
  });

  test('--drop confirms the erasures that waited for a generation that is no more', async (t) => {
    const { database, account, bus, rebuild } = await scene(t);
    const store = createSqliteStore(database);
    const { erasureReceipts } = openAuthStores(store);
    const erasure = { erasedAt: '2026-03-01T12:00:00.000Z', expected: ['auth', 'user'] };
    await erasureReceipts.open({ ...erasure, account, sequence: 1 });
    await erasureReceipts.open({ ...erasure, account: randomUUID(), sequence: 7 });
    assert.equal((await rebuild('--drop')).code, 0);
    assert.deepEqual(await readReceipts(bus), [[account, 'user', 1]]);
  });

  test('after an interrupted --drop, erases from what is still stored, and lists it', async (t) => {
    const { database, account, bus, user, rebuild } = await scene(t);
    assert.equal((await rebuild()).code, 0);
    // Simulate that `rebuild user --drop` was interrupted after it had removed generation 1 from the
    // pointer, but before it had deleted the data of generation 1.
    await user.stop();
    await database.write(
      () =>
        void database.exec(
          `UPDATE user_generations SET version = version + 1,
             pointer = json_set(pointer, '$.version', version + 1, '$.running', json('[2]'))`,
        ),
    );
    await user.start();
    const { out } = await rebuild('--status');
    assert.match(
      out,
      /^Generation 1 was dropped, but is still stored: --drop removes it\.\nGeneration 2 has been active/,
    );
    assert.deepEqual(
      JSON.parse((await rebuild('--status', '--json')).out.split('\n')[0] ?? '').role,
      'leftover',
    );
    function profileOf(generation: number) {
      const row = database
        .prepare(`SELECT profile FROM user_profiles_v${generation} WHERE id = :account`)
        .get({ account });
      return String(row?.['profile']);
    }
    assert.match(profileOf(1), /ada@example\.com/);
    const receipts = await readReceipts(bus, async () => {
      await bus.publish(ACCOUNTS_TOPIC, [encode(erased(account))]);
    });
    assert.deepEqual(receipts, [[account, 'user', 2]]);
    assert.doesNotMatch(profileOf(2), /ada@example\.com/);
    assert.doesNotMatch(profileOf(1), /ada@example\.com/);
    const dropped = await rebuild('--drop');
    assert.equal(dropped.out, 'Generation 1 is removed, together with its positions on the log.\n');
  });

  test('has nothing to switch back to, or to delete, if nothing was rebuilt', async (t) => {
    const { rebuild } = await scene(t);
    assert.equal((await rebuild('--back')).err, 'ops: There is no generation to go back to.\n');
    assert.equal((await rebuild('--drop')).out, 'There is no generation other than the active one.\n');
  });
});
