import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { openAuthStores } from '@latchkey/auth';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { accountsTopic, latchkeyConsumers } from '@latchkey/events';
import { createLogger } from '@latchkey/process';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

const DAY_MS = 24 * 3_600_000;
const CONFIRMED_AT = '2026-03-01T12:00:00.000Z';
const SEQUENCE = 7;

function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString();
}

/**
 * Creates a data folder with three erasures. One is complete, one is waiting for consumers to confirm it, and
 * one is overdue.
 */
async function erasures(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  const database = openDatabase({ folder, as: 'server' });
  const { erasureReceipts } = openAuthStores(createSqliteStore(database));
  async function erased(days: number, consumers: readonly string[]) {
    const account = randomUUID();
    const expected = [...latchkeyConsumers, 'books'];
    await erasureReceipts.open({ account, sequence: SEQUENCE, erasedAt: daysAgo(days), expected });
    for (const consumer of consumers)
      await erasureReceipts.confirm({ account, sequence: SEQUENCE }, { consumer, confirmedAt: CONFIRMED_AT });
    return account;
  }
  const overdue = await erased(9, latchkeyConsumers);
  const complete = await erased(8, [...latchkeyConsumers, 'books']);
  const waiting = await erased(2, []);
  await database.close();
  function ops(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR: folder, ERASURE_RECEIPT_DAYS: '7' }, 'erasures', ...words);
  }
  async function listed(...words: readonly string[]) {
    const { out } = await ops('list', '--json', ...words);
    return out
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).account);
  }
  return { folder, ops, listed, overdue, complete, waiting };
}

test('lists erasures, and those that somebody has to be reminded of', async (t) => {
  const { ops, listed, overdue, complete, waiting } = await erasures(t);
  assert.deepEqual(await listed(), [waiting, complete, overdue]);
  assert.deepEqual(await listed('--waiting'), [waiting, overdue]);
  assert.deepEqual(await listed('--overdue'), [overdue]);
  assert.deepEqual(await listed('--after', waiting), [complete, overdue]);
  const { err } = await ops('list', '--limit', '1');
  assert.equal(err, `There are more: --after ${waiting}\n`);
  const { out } = await ops('list', '--overdue');
  assert.match(out, new RegExp(`^${overdue} .* auth,user,notifier +books +clean +yes$`, 'm'));
});

test('lists erasures that are due and not finished first', async (t) => {
  const { folder, ops, listed, overdue, complete, waiting } = await erasures(t);
  const database = openDatabase({ folder, as: 'server' });
  const { journal } = openAuthStores(createSqliteStore(database));
  const [late, recent, pending] = [daysAgo(8), daysAgo(1), daysAgo(-1)];
  const streams = [late, recent, pending].map(() => randomUUID());
  for (const [index, eraseAt] of [late, recent, pending].entries()) {
    const [stream = '', at] = [streams[index], daysAgo(9)];
    const data = { userId: stream, reason: 'expired' } as const;
    const ended = { id: randomUUID(), time: at, version: 1, type: 'RegistrationEnded', data } as const;
    const ids = { stream, commandId: randomUUID(), correlationId: 'request-1' };
    await journal.append({ ...ids, number: 1, sequence: 1, events: [ended], at, eraseAt });
  }
  await database.close();
  const [first, second] = streams;
  assert.deepEqual(await listed(), [first, second, waiting, complete, overdue]);
  assert.deepEqual(await listed('--overdue'), [first, overdue]);
  assert.deepEqual(await listed('--after', waiting), [complete, overdue]);
  assert.deepEqual(await listed('--limit', '1'), [first, second, waiting]);
  assert.match((await ops('list')).out, new RegExp(`^${first} +due ${late} +-`, 'm'));
});

test('the certificate is not complete if a former topic is not on the embedded log', async (t) => {
  const { folder, ops, complete } = await erasures(t);
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database, logger: createLogger({ name: 'x', level: 'silent' }) });
  await bus.ensureTopics([{ ...accountsTopic, name: 'accounts.former' }]);
  await bus.close();
  await database.close();
  async function certificateWith(names: string) {
    return JSON.parse((await ops('show', complete, '--json', '--topics', names)).out);
  }
  assert.partialDeepStrictEqual(await certificateWith('accounts.former'), { retained: [], complete: true });
  assert.partialDeepStrictEqual(await certificateWith('accounts.former,accounts.on.kafka'), {
    retained: [{ name: 'accounts.on.kafka', contents: 'records under a former name', clean: null }],
    complete: false,
  });
});

test('prints the certificate of one', async (t) => {
  const { folder, ops, overdue, complete } = await erasures(t);
  const certificate = JSON.parse((await ops('show', complete, '--json')).out);
  assert.partialDeepStrictEqual(certificate, {
    account: complete,
    sequence: 7,
    receipts: [
      ...latchkeyConsumers.map((consumer) => ({ consumer, confirmedAt: CONFIRMED_AT, expected: true })),
      { consumer: 'books', confirmedAt: CONFIRMED_AT, expected: true },
    ],
    missing: [],
    confirmed: true,
    complete: true,
    retained: [],
    overdue: false,
    topic: { name: 'accounts.events.v1', removal: 'in place', clean: true },
    file: { name: 'latchkey.sqlite', clean: true },
  });
  assert.equal(Date.parse(certificate.dueAt) - Date.parse(certificate.erasedAt), 7 * DAY_MS);
  assert.match((await ops('show', overdue)).out, /^books +overdue$/m);
  const database = openDatabase({ folder, as: 'shared' });
  await database.write(() => undefined, { erases: true });
  await database.close();
  const { out } = await ops('show', complete);
  assert.match(out, /^confirmed +yes\ncomplete +no$/m);
  assert.match(out, /^latchkey\.sqlite +not rewritten yet$/m);
  assert.match(out, /^latchkey\.sqlite may still contain copies/m);
  const unknown = await ops('show', randomUUID());
  assert.deepEqual([unknown.code, unknown.out], [1, '']);
  assert.match(unknown.err, /was not erased: see `erasures list`/);
});

test('marks the confirmation of a consumer that nobody asked', async (t) => {
  const { folder, ops, waiting } = await erasures(t);
  const database = openDatabase({ folder, as: 'server' });
  const { erasureReceipts } = openAuthStores(createSqliteStore(database));
  await erasureReceipts.confirm(
    { account: waiting, sequence: SEQUENCE },
    { consumer: 'crm', confirmedAt: CONFIRMED_AT },
  );
  await database.close();
  const certificate = JSON.parse((await ops('show', waiting, '--json')).out);
  assert.deepEqual(certificate.receipts, [{ consumer: 'crm', confirmedAt: CONFIRMED_AT, expected: false }]);
  assert.deepEqual(certificate.missing, [...latchkeyConsumers, 'books']);
  assert.match((await ops('show', waiting)).out, /^crm +2026-03-01T12:00:00\.000Z \(not expected\)$/m);
  assert.match((await ops('list')).out, new RegExp(`^${waiting} .* crm \\(not expected\\) +auth,`, 'm'));
});
