import assert from 'node:assert/strict';
import dns from 'node:dns';
import { Socket } from 'node:net';
import { afterEach, describe, it, type TestContext } from 'node:test';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import type { Mailer } from '../ports/mailer.ts';
import {
  type ScriptedLineReplies,
  type ScriptedLineReply,
  startScriptedLineServer,
} from '../testing/line-server.ts';
import {
  createSendOptionsWithTwoMinuteTimeout,
  createTestSmtpSettings,
  TEST_MAIL,
} from '../testing/smtp-client.ts';
import { createSmtpMailer, type SmtpSettings } from './mailer.smtp.ts';
import { createConnectionPool } from './pool.smtp.ts';

let open: { close(): unknown }[] = [];

afterEach(() => {
  for (const each of open) each.close();
  open = [];
});

async function serve(replies: ScriptedLineReplies) {
  const server = await startScriptedLineServer(replies);
  open.push(server);
  return server;
}

function mailerTo(port: number, settings: Partial<SmtpSettings> = {}): Mailer {
  const mailer = createSmtpMailer(createTestSmtpSettings(port, settings));
  open.push(mailer);
  return mailer;
}

async function resultOf(replies: ScriptedLineReplies, settings?: Partial<SmtpSettings>) {
  const { port } = await serve(replies);
  return mailerTo(port, settings).send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout());
}

function closing(_line: string, socket: Socket): undefined {
  socket.destroy();
}

function silent(): undefined {}

/** Creates a handler that sends a reply and then closes the connection. */
function last(reply: string): ScriptedLineReply {
  return (_line, socket) => void socket.end(`${reply}\r\n`);
}

const OTHER_MAIL = { ...TEST_MAIL, to: 'bob@example.com' };
const REFUSED = { kind: 'refused', failure: { stage: 'rcpt', code: 550, enhanced: '5.1.1', words: 'No' } };

function refusingAda(line: string): string {
  return line.includes('ada@') ? '550 5.1.1 No' : '250 Fine';
}

describe('a connection after a refused mail', () => {
  it('is reset for the next mail, and not before', async () => {
    const server = await serve({ RCPT: refusingAda });
    const mailer = mailerTo(server.port);
    assert.deepEqual(await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout()), REFUSED);
    assert.equal(server.heard.at(-1), `RCPT TO:<${TEST_MAIL.to}>`);
    assert.deepEqual(await mailer.send(OTHER_MAIL, createSendOptionsWithTwoMinuteTimeout()), {
      kind: 'accepted',
    });
    assert.deepEqual(await mailer.send(OTHER_MAIL, createSendOptionsWithTwoMinuteTimeout()), {
      kind: 'accepted',
    });
    assert.equal(server.heard.filter((line) => line === 'RSET').length, 1);
    assert.equal(server.heard.filter((line) => line.startsWith('EHLO')).length, 1);
  });

  for (const [name, RSET] of Object.entries({
    'that the server closes at RSET': closing,
    'that the server closes with a reply to RSET': last('421 4.3.2 Closing'),
    'whose RSET is refused': '500 5.5.1 Unknown',
    'whose RSET gets no reply in time': silent,
  })) {
    it(`${name} is replaced`, async () => {
      const server = await serve({ RCPT: refusingAda, RSET });
      const mailer = mailerTo(server.port, { waits: { mail: 2_000 } });
      assert.deepEqual(await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout()), REFUSED);
      assert.deepEqual(await mailer.send(OTHER_MAIL, createSendOptionsWithTwoMinuteTimeout()), {
        kind: 'accepted',
      });
      assert.equal(server.heard.filter((line) => line.startsWith('EHLO')).length, 2);
    });
  }

  it('is replaced again if the next one needs a reset, too', async () => {
    const { port } = await serve({ RCPT: refusingAda, RSET: closing });
    const mailer = mailerTo(port, { connections: 1 });
    assert.deepEqual(await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout()), REFUSED);
    // OTHER_MAIL is the first to use the old connection. The server closes that connection at RSET, so the
    // mailer opens a new one. TEST_MAIL gets the new connection first, and the server refuses its recipient.
    // OTHER_MAIL gets the new connection next, and RSET must be sent on it again.
    const results = [
      mailer.send(OTHER_MAIL, createSendOptionsWithTwoMinuteTimeout()),
      mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout()),
    ];
    assert.deepEqual(await Promise.all(results), [{ kind: 'accepted' }, REFUSED]);
  });

  it('withdraws the next mail if that is aborted at RSET', async () => {
    const ending = new AbortController();
    const { port } = await serve({ RCPT: refusingAda, RSET: () => void ending.abort() });
    const mailer = mailerTo(port);
    await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout());
    const result = await mailer.send(OTHER_MAIL, {
      ...createSendOptionsWithTwoMinuteTimeout(),
      signal: ending.signal,
    });
    assert.deepEqual(result, { kind: 'withdrawn' });
  });

  it('is not used again if the server closed it with the refusal', async () => {
    const { port } = await serve({
      RCPT: (line, socket) => (line.includes('ada@') ? void socket.end('550 5.1.1 No\r\n') : '250 Fine'),
    });
    const mailer = mailerTo(port);
    assert.deepEqual(await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout()), REFUSED);
    assert.deepEqual(await mailer.send(OTHER_MAIL, createSendOptionsWithTwoMinuteTimeout()), {
      kind: 'accepted',
    });
  });
});

describe('a connection that the server closes', () => {
  for (const [verb, kind, stage] of [
    ['EHLO', 'busy', 'ehlo'],
    ['AUTH', 'busy', 'auth'],
    ['MAIL', 'deferred', 'mail'],
    ['RCPT', 'deferred', 'rcpt'],
    ['DATA', 'deferred', 'data'],
    ['.', 'deferred', 'content'],
  ] as const) {
    it(`at "${verb}" fails at this stage`, async () => {
      const result = await resultOf({ [verb]: closing }, { credentials: { username: 'a', password: 'b' } });
      assert.deepEqual(result, { kind, failure: { stage, words: 'the connection was closed' } });
    });
  }

  const PIPELINING = { EHLO: '250-here\n250 PIPELINING', DATA: silent };

  it('after it refused the recipient, without a reply to the pipelined DATA, has refused the recipient', async () => {
    assert.deepEqual(await resultOf({ ...PIPELINING, RCPT: last('550 5.1.1 No') }), REFUSED);
  });

  it('after it refused the sender, without a reply to the pipelined DATA, has refused the sender', async () => {
    const RCPT = last('503 5.5.1 Sender first');
    const result = await resultOf({ ...PIPELINING, MAIL: '554 5.7.1 Blocked', RCPT });
    const failure = { stage: 'mail', code: 554, enhanced: '5.7.1', words: 'Blocked' };
    assert.deepEqual(result, { kind: 'unwelcome', failure });
  });

  it('with 421 to a pipelined RCPT fails at RCPT', async () => {
    const result = await resultOf({ ...PIPELINING, RCPT: last('421 4.7.0 Too many connections') });
    const failure = { stage: 'rcpt', code: 421, enhanced: '4.7.0', words: 'Too many connections' };
    assert.deepEqual(result, { kind: 'busy', failure });
  });

  it('fails without a reply if only an earlier mail was refused', async () => {
    const { port } = await serve({
      ...PIPELINING,
      DATA: '554 5.5.1 No valid recipients',
      RCPT: (line, socket) => (line.includes('ada@') ? '550 5.1.1 No' : closing(line, socket)),
    });
    const mailer = mailerTo(port, { connections: 1 });
    assert.deepEqual(await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout()), REFUSED);
    const failure = { stage: 'rcpt', words: 'the connection was closed' };
    assert.deepEqual(await mailer.send(OTHER_MAIL, createSendOptionsWithTwoMinuteTimeout()), {
      kind: 'deferred',
      failure,
    });
  });

  it('after it refused PLAIN, without a reply to LOGIN, has refused the login', async () => {
    const result = await resultOf(
      {
        EHLO: '250-here\n250 AUTH PLAIN LOGIN',
        AUTH: (line, socket) => (line.includes('PLAIN') ? '535 5.7.8 Wrong' : closing(line, socket)),
      },
      { credentials: { username: 'a', password: 'b' } },
    );
    const failure = { stage: 'auth', code: 535, enhanced: '5.7.8', words: 'Wrong' };
    assert.deepEqual(result, { kind: 'unwelcome', failure });
  });
});

describe('a server with several addresses', () => {
  function resolveTo(t: TestContext, ...addresses: readonly string[]): void {
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    t.mock.method(
      dns,
      'lookup',
      (_host: string, _options: unknown, done: (error: null, all: typeof found) => void) =>
        process.nextTick(done, null, found),
    );
  }

  it('that refuse connections is reported with each of them', async (t) => {
    resolveTo(t, '127.0.0.1', '127.0.0.2');
    const port = await reserveFreePort();
    const result = await mailerTo(port, { host: 'mail.example.com' }).send(
      TEST_MAIL,
      createSendOptionsWithTwoMinuteTimeout(),
    );
    const words = `connect ECONNREFUSED 127.0.0.1:${port}; connect ECONNREFUSED 127.0.0.2:${port}`;
    assert.deepEqual(result, { kind: 'unreachable', failure: { stage: 'connect', words } });
  });

  it('is reached at the second one, and has 5 s for each', async (t) => {
    resolveTo(t, '127.0.0.2', '127.0.0.1');
    const connect = t.mock.method(Socket.prototype, 'connect');
    const { port } = await serve({});
    const result = await mailerTo(port, { host: 'mail.example.com' }).send(
      TEST_MAIL,
      createSendOptionsWithTwoMinuteTimeout(),
    );
    assert.deepEqual(result, { kind: 'accepted' });
    const [given] = connect.mock.calls[0]?.arguments ?? [];
    assert.match(JSON.stringify(given), /"autoSelectFamilyAttemptTimeout":5000/);
  });
});

describe('an abort', () => {
  for (const verb of ['EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA']) {
    it(`at "${verb}" withdraws the mail`, async () => {
      const ending = new AbortController();
      const { port } = await serve({ [verb]: () => void ending.abort() });
      const mailer = mailerTo(port, { credentials: { username: 'a', password: 'b' } });
      const result = await mailer.send(TEST_MAIL, {
        ...createSendOptionsWithTwoMinuteTimeout(),
        signal: ending.signal,
      });
      assert.deepEqual(result, { kind: 'withdrawn' });
    });
  }
});

describe('a pool of one connection', () => {
  for (const [name, QUIT] of Object.entries({ 'has closed': undefined, 'does not close': silent })) {
    it(`opens no second one while the first, which the server ${name} at QUIT, is open`, async () => {
      const server = await serve({ ...(QUIT && { QUIT }) });
      const mailer = mailerTo(server.port, { connections: 1 });
      assert.deepEqual(await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout()), {
        kind: 'accepted',
      });
      assert.deepEqual(await mailer.probe(), { kind: 'welcome' });
      assert.ok(server.heard.includes('QUIT'));
      assert.equal(server.heard.filter((line) => line.startsWith('EHLO')).length, 2);
      assert.equal(server.mostOpen(), 1);
    });
  }

  it('is no longer waited for after an abort', async () => {
    const { port } = await serve({});
    const pool = createConnectionPool(createTestSmtpSettings(port, { connections: 1 }));
    open.push(pool);
    const connection = await pool.acquire(createSendOptionsWithTwoMinuteTimeout());
    assert.ok(connection);
    const ending = new AbortController();
    const waiting = pool.acquire({ ...createSendOptionsWithTwoMinuteTimeout(), signal: ending.signal });
    ending.abort();
    assert.equal(await waiting, undefined);
    pool.release(connection);
  });
});
