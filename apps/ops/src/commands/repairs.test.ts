/** Tests that deliveries, parked accounts and dead letters can be listed and repaired. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import { createMetricsRegistry } from '@latchkey/process';
import { openDatabase } from '@latchkey/sqlite';
import { composeStandalone } from '../../../standalone/src/compose.ts';
import { readStandaloneSettings } from '../../../standalone/src/settings.ts';
import { createSilentLogger, createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { waitUntil } from '../testing/eventually.ts';
import { startTestMailServer } from '../testing/mail-sink.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

const ADDRESS = 'ada@example.com';

/** Returns the data folder of a standalone that was used and then stopped. */
async function usedFolder(t: TestContext, use: (server: Server) => Promise<void>) {
  const folder = await createTemporaryFolder(t);
  const sink = await startTestMailServer(t);
  const settings = {
    MAIL_SERVER: '127.0.0.1',
    MAIL_PORT: String(sink.port),
    MAIL_STARTTLS: 'false',
    USE_CREDENTIALS: 'false',
    MAIL_FROM: 'no-reply@latchkey.example',
    // Make unreadable records park their account. With the default of EVENT_SIGNATURES, records without a
    // signature would be skipped before they are read.
    EVENT_SIGNATURES: 'warn',
  };
  const config = readStandaloneSettings({ PORT: '0', DATA_DIR: folder, ...settings });
  const standalone = await composeStandalone(config, {
    logger: createSilentLogger(),
    registry: createMetricsRegistry(),
  });
  function ops(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR: folder }, ...words);
  }
  /** Returns the objects that a command prints with --json. */
  async function rows(...words: readonly string[]): Promise<readonly Record<string, unknown>[]> {
    const { code, out, err } = await ops(...words, '--json');
    assert.equal(code, 0, err);
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  await standalone.start();
  function signUp(email: string) {
    return fetch(`${standalone.url}/api/v1/auth/signup`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email, username: 'ada', password: 'correct horse battery' }),
    });
  }
  try {
    await use({ folder, refuseMails: sink.refuse, signUp, rows });
  } finally {
    await standalone.stop();
  }
  return { ops, rows };
}

interface Server {
  readonly folder: string;
  refuseMails(): void;
  signUp(email: string): Promise<Response>;
  rows(...words: readonly string[]): Promise<readonly Record<string, unknown>[]>;
}

function owing(t: TestContext) {
  return usedFolder(t, async ({ refuseMails, signUp, rows }) => {
    await signUp('bob@example.com');
    await waitUntil(
      'a mail is sent',
      async () => (await rows('deliveries', 'list', '--state', 'sent')).length === 1,
    );
    refuseMails();
    await signUp(ADDRESS);
    await waitUntil('a mail is refused for now', async () =>
      (await rows('deliveries', 'list', '--state', 'pending')).some(({ tries }) => Number(tries) > 0),
    );
  });
}

test('a pending delivery is listed with its last attempt, and can be retried or canceled', async (t) => {
  const { ops, rows } = await owing(t);
  const list = await ops('deliveries', 'list');
  assert.deepEqual([list.code, list.err], [0, '']);
  const [head, owed, sent, ...more] = list.out.trimEnd().split('\n');
  assert.match(head ?? '', /^id +state +mail +event of +tries +last try$/);
  assert.match(owed ?? '', /^[\da-f-]{36} +pending +verify-email +\S+Z +\d+ +deferred \(451\)$/);
  assert.match(sent ?? '', /^[\da-f-]{36} +sent +verify-email +\S+Z +0 +accepted$/);
  assert.deepEqual(more, []);

  const [id = '', done = ''] = [owed, sent].map((line) => line?.split(' ')[0]);
  const hurried = await ops('deliveries', 'retry', id);
  assert.deepEqual([hurried.code, hurried.out, hurried.err], [0, `${id} is due now.\n`, '']);
  const [before] = await rows('deliveries', 'show', id);
  assert.ok(Date.parse(String(before?.['dueAt'])) <= Date.now());

  const off = await ops('deliveries', 'cancel', id);
  assert.deepEqual([off.code, off.out], [0, `${id} is cancelled: it will not be sent.\n`]);
  const shown = await ops('deliveries', 'show', id);
  assert.match(shown.out, /^state +cancelled \(operator\)$/m);
  assert.match(shown.out, /^ended at +\S+Z$/m);
  assert.match(shown.out, /^ {2}\S+Z {2}deferred at the end of the mail: 451 later, \d+ ms, by \S+:\d+$/m);
  for (const [word, which, state] of [
    ['retry', id, 'cancelled'],
    ['cancel', id, 'cancelled'],
    ['retry', done, 'sent'],
    ['cancel', done, 'sent'],
  ] as const) {
    const { code, out, err } = await ops('deliveries', word, which);
    assert.deepEqual([code, out], [1, '']);
    assert.equal(err, `ops: ${which} is ${state}, and its address is deleted: it can no longer be sent\n`);
  }
});

test('deliveries are listed page by page and by state, without personal data', async (t) => {
  const { ops } = await owing(t);
  const first = await ops('deliveries', 'list', '--limit', '1', '--json');
  const { id } = JSON.parse(first.out);
  assert.equal(first.err, `There are more: --after ${id}\n`);
  const second = await ops('deliveries', 'list', '--limit', '1', '--after', id);
  assert.equal(second.err, '');
  assert.equal(second.out.trimEnd().split('\n').length, 2);
  assert.ok(!second.out.includes(id));
  assert.equal(
    (await ops('deliveries', 'list', '--state', 'failed,expired')).out,
    'There is no such delivery.\n',
  );
  const all = await ops('deliveries', 'list', '--state', 'pending,claimed,sent', '--json');
  assert.equal(all.out.trimEnd().split('\n').length, 2);
  for (const { out } of [first, second, all, await ops('deliveries', 'show', id)])
    assert.doesNotMatch(out, /example\.com|\bada\b|bob/);
});

/**
 * Returns a data folder whose log contains invalid records: a record with a truncated value, whose key is
 * the id of an account that does not exist, and records whose keys are not account ids.
 */
async function poisoned(t: TestContext) {
  const account = randomUUID();
  const used = await usedFolder(t, async ({ folder, rows }) => {
    const database = openDatabase({ folder, as: 'shared' });
    const bus = createEmbeddedBus({ database });
    const value = Buffer.from(`{"email":"${ADDRESS}`);
    const headers = { ce_type: 'UserRegistered', ce_subject: ADDRESS };
    await bus.publish(ACCOUNTS_TOPIC, [
      { key: account, value, headers },
      { key: ADDRESS, value, headers },
      { key: ADDRESS, value, headers },
    ]);
    await bus.close();
    await database.close();
    await waitUntil('it is set aside', async () => (await rows('dead-letters', 'list')).length === 5);
    await waitUntil('it is parked', async () => (await rows('parked', 'list')).length === 1);
  });
  return { account, ...used };
}

test('a parked account is listed with the record and the cause, and shown with the redacted record', async (t) => {
  const { account, ops } = await poisoned(t);
  const list = await ops('parked', 'list');
  assert.deepEqual([list.code, list.err], [0, '']);
  assert.match(list.out, /^account +parked after +record +cause\n/);
  const line = new RegExp(
    `^${account} +event 0 +accounts\\.events\\.v1/\\d+/0 +bad header: .*ce_subject.*$`,
    'm',
  );
  assert.match(list.out, line);

  const shown = await ops('parked', 'show', account);
  assert.match(shown.out, new RegExp(`^key +${account}$`, 'm'));
  assert.match(shown.out, /^ce_type +UserRegistered$/m);
  assert.match(shown.out, /^ce_subject +\(15 bytes\)$/m);
  assert.match(shown.out, /^value +\(25 bytes, not JSON\)$/m);
  const [asJson] = (await ops('parked', 'show', account, '--json')).out.split('\n');
  assert.equal(JSON.parse(asJson ?? '').found.headers.ce_type, 'UserRegistered');
});

test('a parked account that misses no event of the journal is unparked by a retry', async (t) => {
  const { account, ops } = await poisoned(t);
  const retried = await ops('parked', 'retry', account);
  assert.deepEqual([retried.code, retried.out], [0, `${account}: unparked, at event 0\n`]);
  assert.equal((await ops('parked', 'list')).out, 'No account is parked.\n');
  const unknown = await ops('parked', 'retry', account);
  assert.deepEqual(
    [unknown.code, unknown.out, unknown.err],
    [
      1,
      `${account}: not parked, at event 0\n`,
      `ops: ${account} is not parked: the read model has no event of it\n`,
    ],
  );
  const all = await ops('parked', 'retry', '--all');
  assert.deepEqual([all.code, all.out], [0, 'No account is parked.\n']);
  const gone = await ops('parked', 'show', account);
  assert.deepEqual([gone.code, gone.err], [1, `ops: ${account} is not parked\n`]);
});

test('dead letters of both services are listed page by page until they are discarded', async (t) => {
  const { ops, rows } = await poisoned(t);
  const list = await ops('dead-letters', 'list');
  assert.deepEqual([list.code, list.err], [0, '']);
  assert.match(list.out, /^letter +set aside +record +cause\n/);
  assert.match(
    list.out,
    /^accounts\.events\.v1\.dlq\.user\/0\/0 +\S+Z +accounts\.events\.v1\/\d+\/\d+ +key is not a UUID$/m,
  );
  const names = (await rows('dead-letters', 'list')).map(({ letter }) => String(letter));
  assert.equal(names.length, 5);

  const page = await ops('dead-letters', 'list', '--limit', '2', '--json');
  assert.equal(page.err, `There are more: --after ${names[1]}\n`);
  const rest = await rows('dead-letters', 'list', '--after', names[1] ?? '');
  assert.deepEqual(
    rest.map(({ letter }) => letter),
    names.slice(2),
  );

  const letter = 'accounts.events.v1.dlq.user/0/0';
  const shown = await ops('dead-letters', 'show', letter);
  assert.match(shown.out, /^set aside +\S+Z by user$/m);
  assert.match(shown.out, /^key +\(15 bytes, not a UUID\)$/m);
  for (const { out } of [list, page, shown]) assert.doesNotMatch(out, /\bada\b|example\.com/);

  const discarded = await ops('dead-letters', 'discard', letter);
  assert.deepEqual([discarded.code, discarded.out], [0, `${letter}: discarded. It is no longer listed.\n`]);
  assert.match((await ops('dead-letters', 'discard', letter)).out, /discarded already/);
  assert.deepEqual(
    (await rows('dead-letters', 'list')).map((each) => each['letter']),
    names.filter((name) => name !== letter),
  );
});

test('an empty listing says so; an unknown name is an error of one line', async (t) => {
  const { ops } = await usedFolder(t, async () => undefined);
  const nothing: readonly (readonly [words: readonly string[], says: string])[] = [
    [['parked', 'list'], 'No account is parked.\n'],
    [['dead-letters', 'list'], 'There are no dead letters.\n'],
    [['deliveries', 'list'], 'There is no such delivery.\n'],
    [['deliveries', 'list', '--json'], ''],
  ];
  for (const [words, says] of nothing) {
    const { code, out, err } = await ops(...words);
    assert.deepEqual([code, out, err], [0, says, ''], words.join(' '));
  }
  const missing: readonly (readonly [words: readonly string[], says: string])[] = [
    [['deliveries', 'show', 'x'], 'there is no delivery x'],
    [['deliveries', 'retry', 'x'], 'there is no delivery x'],
    [['deliveries', 'cancel', 'x'], 'there is no delivery x'],
    [['deliveries', 'list', '--after', 'x'], 'there is no delivery x'],
    [['parked', 'show', 'x'], 'x is not parked'],
    [['dead-letters', 'show', 'a.dlq.b/0/1'], 'there is no dead letter a.dlq.b/0/1'],
    [['dead-letters', 'discard', 'accounts.events.v1/0/0'], 'there is no dead letter accounts.events.v1/0/0'],
  ];
  for (const [words, says] of missing) {
    const { code, out, err } = await ops(...words);
    assert.deepEqual([code, out, err], [1, '', `ops: ${says}\n`], words.join(' '));
  }
});

test('invalid arguments are refused before anything is opened', async (t) => {
  const folder = await createTemporaryFolder(t);
  const wrong: readonly (readonly [words: readonly string[], says: RegExp])[] = [
    [['dead-letters', 'retry'], /^ops: unknown command 'retry'\n/],
    [['deliveries', 'toString'], /^ops: unknown command 'toString'\n/],
    [['parked', 'list', 'x'], /^ops: too many arguments for 'list'\. /],
    [['parked', 'list', '--limit', '0'], /^ops: option '--limit <n>' .* a whole number from 1 to 1000\.\n/],
    [['parked', 'list', '--limit', '1e9'], /^ops: option '--limit <n>' .* a whole number from 1 to 1000\.\n/],
    [['parked', 'show'], /^ops: missing required argument 'account'\n/],
    [['parked', 'retry'], /^ops: give either an account or --all\n/],
    [['parked', 'retry', 'x', '--all'], /^ops: give either an account or --all\n/],
    [
      ['deliveries', 'list', '--state', 'lost'],
      /^ops: option '--state <states>' .* Allowed states are pending, claimed, sent, /,
    ],
    [['deliveries', 'retry', 'a', 'b'], /^ops: too many arguments for 'retry'\. /],
    [['dead-letters', 'show', 'topic'], /^ops: .* Expected TOPIC\/PARTITION\/OFFSET\.\n/],
    [['dead-letters', 'discard', 'a/b/c'], /^ops: .* Expected TOPIC\/PARTITION\/OFFSET\.\n/],
    [['dead-letters', 'list', '--after', '5'], /^ops: .* Expected TOPIC\/PARTITION\/OFFSET\.\n/],
  ];
  for (const [words, says] of wrong) {
    const { code, out, err } = await runCommandInProcess({ DATA_DIR: folder }, ...words);
    assert.deepEqual([code, out], [1, ''], words.join(' '));
    assert.match(err, says);
    assert.match(err, /\n\nUsage: ops /);
  }
});
