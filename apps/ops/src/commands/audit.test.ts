import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { encodeSecurityEvent, SECURITY_TOPIC, type SecurityEvent, securityTopic } from '@latchkey/events';
import { openDatabase } from '@latchkey/sqlite';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runOpsCommandLine } from '../cli.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

const [ADA, JON] = [randomUUID(), randomUUID()];
const noon = Date.parse('2026-03-01T12:00:00.000Z');

function envelope(minute: number) {
  const msecs = noon + minute * 60_000;
  // Create ids that increase with the minute, because the ids that auth creates increase with time.
  const id = `01980d2e-6b00-7000-8000-${minute.toString(16).padStart(12, '0')}`;
  return { id, time: new Date(msecs).toISOString(), correlationId: `request-${minute}` };
}

function failed(minute: number, accountId: string | undefined, userAgent = 'a browser'): SecurityEvent {
  const person = { ipPrefix: '192.0.2.0/24', userAgent };
  const data = { actor: 'unknown', accountId, reason: 'password', during: 'login', person } as const;
  return { ...envelope(minute), type: 'LoginFailed', data };
}

function denied(minute: number): SecurityEvent {
  const data = { actor: JON, accountId: JON, action: 'GET /x\u009b2J', reason: 'no', person: null };
  return { ...envelope(minute), type: 'AccessDenied', data };
}

function keyOf(id: number): Buffer {
  return Buffer.alloc(32, id);
}

function pseudonymOf(ip: string, key: number): string {
  return createHmac('sha256', keyOf(key)).update(`latchkey audit ${ip}`).digest('base64url');
}

const events = [failed(0, ADA), denied(1), failed(2, undefined), failed(3, JON), failed(4, ADA)];

async function folderWith(t: TestContext, written: readonly SecurityEvent[]): Promise<string> {
  const folder = await createTemporaryFolder(t);
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database });
  await bus.ensureTopics([securityTopic()]);
  await bus.publish(SECURITY_TOPIC, written.map(encodeSecurityEvent));
  await bus.close();
  await database.close();
  return folder;
}

async function minutesOf(folder: string, ...words: readonly string[]): Promise<readonly number[]> {
  const { code, out, err } = await runCommandInProcess({ DATA_DIR: folder }, 'audit', ...words, '--json');
  assert.equal(code, 0, err);
  const lines = out.split('\n').filter((line) => line !== '');
  return lines.map((line) => (Date.parse(JSON.parse(line).time) - noon) / 60_000);
}

test('events are found by account, type and time, oldest first, each once', async (t) => {
  const folder = await folderWith(t, [...events.toReversed(), ...events]);
  assert.deepEqual(await minutesOf(folder, 'search'), [0, 1, 2, 3, 4]);
  assert.deepEqual(await minutesOf(folder, 'search', '--account', ADA.toUpperCase()), [0, 4]);
  assert.deepEqual(await minutesOf(folder, 'search', '--type', 'AccessDenied'), [1]);
  const [since, until] = ['2026-03-01T12:01:00Z', '2026-03-01T12:04:00Z'];
  assert.deepEqual(await minutesOf(folder, 'search', '--since', since, '--until', until), [1, 2, 3]);
  assert.deepEqual(
    await minutesOf(folder, 'search', '--account', ADA, '--type', 'LoginFailed', '--since', since),
    [4],
  );
  assert.deepEqual(await minutesOf(folder, 'search', '--until', '999999d'), []);
});

test('events are found by the IP of a client, in whatever form it was recorded', async (t) => {
  const written = [
    { ip: '192.0.2.1' },
    { ipPrefix: '192.0.2.0/24' },
    { ipHmac: pseudonymOf('192.0.2.1', 1) },
    { ipHmac: pseudonymOf('192.0.2.1', 2) },
    { ip: '192.0.2.2' },
    { ipHmac: pseudonymOf('192.0.2.2', 1) },
    {},
  ].map((client, minute): SecurityEvent => {
    const { data, ...event } = failed(minute, ADA);
    return { ...event, data: { ...data, person: { ...client, userAgent: 'a browser' } } } as SecurityEvent;
  });
  const folder = await folderWith(t, [
    ...written,
    { ...denied(9), data: { ...denied(9).data, person: null } } as SecurityEvent,
  ]);
  const keys = [1, 2].map((kid) => ({ kty: 'oct', kid: String(kid), k: keyOf(kid).toString('base64url') }));
  async function minutesWith(...words: readonly string[]) {
    const settings = { DATA_DIR: folder, AUDIT_IP_KEY: JSON.stringify({ keys }) };
    const { out } = await runCommandInProcess(settings, 'audit', 'search', ...words, '--json');
    return out
      .split('\n')
      .flatMap((line) => (line === '' ? [] : (Date.parse(JSON.parse(line).time) - noon) / 60_000));
  }
  assert.deepEqual(await minutesWith('--ip', '::ffff:192.0.2.1'), [0, 1, 2, 3]);
  assert.deepEqual(await minutesWith('--ip', '192.0.2.2'), [1, 4, 5]);
  assert.deepEqual(await minutesOf(folder, 'search', '--ip', '192.0.2.1'), [0, 1]);
  const { err } = await runCommandInProcess({ DATA_DIR: folder }, 'audit', 'search', '--ip', '192.0.2');
  assert.match(err, /Expected an IP, such as 192\.0\.2\.1\./);
});

test('a search is continued where it ended', async (t) => {
  const folder = await folderWith(t, events);
  const { err } = await runCommandInProcess({ DATA_DIR: folder }, 'audit', 'search', '--limit', '2');
  const [, after = ''] = /^There are more: --after (\S+)$/m.exec(err) ?? [];
  assert.equal(after, events[1]?.id);
  assert.deepEqual(await minutesOf(folder, 'search', '--limit', '2', '--after', after), [2, 3]);
});

test('tail prints the newest', async (t) => {
  const folder = await folderWith(t, events);
  assert.deepEqual(await minutesOf(folder, 'tail', '--limit', '2'), [3, 4]);
  assert.deepEqual(await minutesOf(folder, 'tail', '--account', ADA, '--limit', '1'), [4]);
});

test('of thousands of events, no more are kept in memory than are printed', async (t) => {
  const many = Array.from({ length: 3000 }, (_, minute) => failed(minute, undefined));
  const folder = await folderWith(t, many.toReversed());
  assert.deepEqual(await minutesOf(folder, 'search', '--limit', '3'), [0, 1, 2]);
  assert.deepEqual(await minutesOf(folder, 'tail', '--limit', '3'), [2997, 2998, 2999]);
});

test('JSON has everything; the table controls no terminal', async (t) => {
  const folder = await folderWith(t, events);
  const asJson = await runCommandInProcess({ DATA_DIR: folder }, 'audit', 'search', '--limit', '1', '--json');
  const { id, time, correlationId: requestId, type, data } = failed(0, ADA);
  assert.deepEqual(JSON.parse(asJson.out), { id, time, type, requestId, ...data });
  const { out } = await runCommandInProcess({ DATA_DIR: folder }, 'audit', 'search');
  assert.match(out, /^time +event +account +actor +what +client +request$/m);
  assert.match(
    out,
    new RegExp(
      `^2026-03-01T12:00:00.000Z +LoginFailed +${ADA} +unknown +reason=password during=login +192.0.2.0/24 +request-0$`,
      'm',
    ),
  );
  assert.doesNotMatch(out, /\u009b/);
});

test('names of topics are those of the settings, and faults are named', async (t) => {
  const folder = await folderWith(t, []);
  assert.equal(
    (await runCommandInProcess({ DATA_DIR: folder }, 'audit', 'tail')).out,
    'There are no such security events.\n',
  );
  const TOPIC_NAMES = `${SECURITY_TOPIC}=other`;
  assert.match(
    (await runCommandInProcess({ DATA_DIR: folder, TOPIC_NAMES }, 'audit', 'tail')).err,
    /^ops: The topic other does not exist\.$/m,
  );
  for (const [option, value] of [
    ['--type', 'Login'],
    ['--account', 'ada'],
    ['--since', 'yesterday'],
    ['--since', '2026-13-01'],
  ] as const)
    assert.match(
      (await runCommandInProcess({}, 'audit', 'search', option, value)).err,
      new RegExp(`^ops: option '${option} <.+>' argument '${value}' is invalid\\. Expected `),
    );
});

test('events are followed until the reader of the output closes the pipe', async (t) => {
  const folder = await folderWith(t, events);
  const closed = new AbortController();
  const lines: string[] = [];
  const code = await runOpsCommandLine(['audit', 'tail', '--follow', '--json'], {
    readEnvironment: () => ({ DATA_DIR: folder }),
    outputClosed: closed.signal,
    print(line) {
      lines.push(line);
      closed.abort();
    },
    note: assert.fail,
  });
  assert.deepEqual([code, lines.length], [0, events.length]);
});
