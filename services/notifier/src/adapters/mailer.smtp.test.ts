import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import type { Mailer, OutgoingMail } from '../ports/mailer.ts';
import {
  createSmtpReply,
  startTestMailServer,
  type TestMailServer,
  type TestMailServerOptions,
} from '../testing/mail-server.ts';
import {
  createSendOptionsWithTwoMinuteTimeout,
  createTestSmtpSettings,
  TEST_MAIL,
} from '../testing/smtp-client.ts';
import { openSmtpConnection } from './connection.smtp.ts';
import { createSmtpMailer, type SmtpSettings } from './mailer.smtp.ts';

let open: { close(): unknown }[] = [];

afterEach(async () => {
  await Promise.all(open.map((each) => each.close()));
  open = [];
});

async function serve(script?: TestMailServerOptions): Promise<TestMailServer> {
  const server = await startTestMailServer(script);
  open.push(server);
  return server;
}

function mailerTo(port: number, settings: Partial<SmtpSettings> = {}): Mailer {
  const mailer = createSmtpMailer(createTestSmtpSettings(port, settings));
  open.push(mailer);
  return mailer;
}

async function sendThrough(
  script: TestMailServerOptions,
  settings: Partial<SmtpSettings> = {},
  mail: OutgoingMail = TEST_MAIL,
) {
  const server = await serve(script);
  const result = await mailerTo(server.port, settings).send(mail, createSendOptionsWithTwoMinuteTimeout());
  return { server, result };
}

describe('a mail over SMTP', () => {
  it('arrives in both forms, with the headers that say what it is', async () => {
    const { server, result } = await sendThrough({});
    assert.deepEqual(result, { kind: 'accepted' });
    const [mail] = server.received;
    const headers = Object.fromEntries(mail?.parsed.headers.map(({ key, value }) => [key, value]) ?? []);
    assert.deepEqual(mail?.to, ['ada@example.com']);
    assert.equal(mail?.from, 'noreply@example.com');
    assert.deepEqual(mail?.parsed.from, { name: 'Latchkey', address: 'noreply@example.com' });
    assert.equal(mail?.parsed.subject, 'Verify your email');
    assert.equal(mail?.parsed.html?.trim(), '<p>Hello</p>');
    assert.equal(mail?.parsed.text?.trim(), 'Hello\n.\nworld');
    assert.equal(headers['message-id'], `<${TEST_MAIL.id}@example.com>`);
    assert.equal(headers['auto-submitted'], 'auto-generated');
    assert.equal(headers['x-correlation-id'], 'request-1');
    assert.equal(headers['content-language'], 'en');
  });

  it('carries a sender’s name in any script', async () => {
    const name = 'Schlüssel, "Haus" 🗝 <x@y>';
    const { server } = await sendThrough({}, { from: { name, address: 'noreply@example.com' } });
    assert.deepEqual(server.received[0]?.parsed.from, { name, address: 'noreply@example.com' });
  });

  it('cannot be made to carry further headers or recipients', async () => {
    const evil = 'x\r\nBcc: eve@example.com\r\nX-Evil: 1';
    const from = { name: evil, address: 'noreply@example.com' };
    const { server } = await sendThrough({}, { from }, { ...TEST_MAIL, subject: evil, correlationId: evil });
    const [mail] = server.received;
    assert.deepEqual(mail?.to, ['ada@example.com']);
    const keys = mail?.parsed.headers.map(({ key }) => key) ?? [];
    assert.ok(!keys.includes('bcc') && !keys.includes('x-evil'));
  });

  for (const to of [
    'ada@example.com, eve@example.com',
    'a@b.c\r\nRCPT TO:<eve@example.com>',
    '<a@b.c> <eve@x.y>',
  ]) {
    it(`reaches nobody when the address is ${JSON.stringify(to)}`, async () => {
      const { server, result } = await sendThrough({}, {}, { ...TEST_MAIL, to });
      const reached = server.received.flatMap((mail) => mail.to);
      assert.ok(!reached.includes('eve@example.com') && !reached.includes('eve@x.y'));
      assert.ok(reached.length > 0 || result.kind === 'refused', `ended as ${result.kind}`);
    });
  }

  it('goes over one pooled connection after another mail', async () => {
    const server = await serve();
    const mailer = mailerTo(server.port);
    await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout());
    // Wait until the connection is back in the pool, which happens a moment after the server's reply.
    await new Promise((resolve) => setImmediate(resolve));
    await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout());
    assert.equal(server.received.length, 2);
    assert.equal(server.connections(), 1);
  });
});

describe('what a server answers', () => {
  it('550 5.1.1 to the recipient is a permanent refusal, reported in the server’s words', async () => {
    const { result } = await sendThrough({
      onRcptTo: (_to, _session, done) =>
        done(createSmtpReply(550, '5.1.1 <ada@example.com>: no user ada here')),
    });
    const failure = { stage: 'rcpt', code: 550, enhanced: '5.1.1', words: '<…>: no user … here' };
    assert.deepEqual(result, { kind: 'refused', failure });
  });

  it('5xx without an enhanced status code leaves open whom it is about', async () => {
    const { result } = await sendThrough({ onRcptTo: (_to, _session, done) => done(createSmtpReply(550)) });
    assert.deepEqual(result, { kind: 'undecided', failure: { stage: 'rcpt', code: 550, words: 'no' } });
  });

  it('4xx to the recipient defers the mail', async () => {
    const { result } = await sendThrough({ onRcptTo: (_to, _session, done) => done(createSmtpReply(450)) });
    const failure = { stage: 'rcpt', code: 450, words: 'no' };
    assert.deepEqual(result, { kind: 'deferred', failure });
  });

  it('5xx and 4xx to the content are about the mail, too', async () => {
    const refused = (await sendThrough({ onMail: () => createSmtpReply(554, 'spam') })).result;
    const failure = { stage: 'content', code: 554, words: 'spam' };
    assert.deepEqual(refused, { kind: 'rejected', failure });
    assert.equal((await sendThrough({ onMail: () => createSmtpReply(451) })).result.kind, 'deferred');
  });

  it('4xx to the sender says nothing about the mail', async () => {
    const { result } = await sendThrough({
      onMailFrom: (_from, _session, done) => done(createSmtpReply(451)),
    });
    const failure = { stage: 'mail', code: 451, words: 'no' };
    assert.deepEqual(result, { kind: 'busy', failure });
  });

  it('5xx to the sender means that the server refuses us', async () => {
    const { result } = await sendThrough({
      onMailFrom: (_from, _session, done) => done(createSmtpReply(550)),
    });
    assert.equal(result.kind, 'unwelcome');
  });

  it('421 at the greeting means that the server accepts no mails now', async () => {
    const { result } = await sendThrough({ onConnect: (_session, done) => done(createSmtpReply(421)) });
    assert.deepEqual(result, { kind: 'busy', failure: { stage: 'greeting', code: 421, words: 'no' } });
  });

  it('a refused connection means that it cannot be reached', async () => {
    const port = await reserveFreePort();
    const failure = { stage: 'connect', words: `connect ECONNREFUSED 127.0.0.1:${port}` };
    assert.deepEqual(await mailerTo(port).send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout()), {
      kind: 'unreachable',
      failure,
    });
  });

  it('a probe tells these cases apart and sends no mail', async () => {
    const server = await serve();
    assert.deepEqual(await mailerTo(server.port).probe(), { kind: 'welcome' });
    assert.equal(server.received.length, 0);
    const busy = await serve({ onConnect: (_session, done) => done(createSmtpReply(421)) });
    assert.equal((await mailerTo(busy.port).probe()).kind, 'busy');
    assert.equal((await mailerTo(await reserveFreePort()).probe()).kind, 'unreachable');
  });

  it('a connection closed after the content leaves open what became of the mail', async () => {
    const { result } = await sendThrough({ onMail: () => 'close' });
    const failure = { stage: 'content', words: 'the connection was closed' };
    assert.deepEqual(result, { kind: 'deferred', failure });
  });

  it('a stall before the content ends with the attempt, and the mail is not sent', async () => {
    const ending = new AbortController();
    const server = await serve({ onRcptTo: () => ending.abort() });
    const options = { ...createSendOptionsWithTwoMinuteTimeout(), signal: ending.signal };
    assert.deepEqual(await mailerTo(server.port).send(TEST_MAIL, options), { kind: 'withdrawn' });
  });

  it('a stall is waited for as long as the settings say, and reported with its stage', async () => {
    // Shorten only the timeout of the stage at which this server does not reply. On a busy machine, replies
    // at the other stages may take longer than a short timeout.
    const stalled = await sendThrough({ onRcptTo: () => undefined }, { waits: { rcpt: 50 } });
    assert.deepEqual(stalled.result, {
      kind: 'deferred',
      failure: { stage: 'rcpt', words: 'no answer in time' },
    });
    const silent = await sendThrough({ onConnect: () => undefined }, { waits: { greeting: 50 } });
    assert.deepEqual(silent.result, {
      kind: 'busy',
      failure: { stage: 'greeting', words: 'no answer in time' },
    });
    const lost = await sendThrough(
      { onMail: () => new Promise(() => undefined) },
      { waits: { content: 50 } },
    );
    assert.deepEqual(lost.result, {
      kind: 'deferred',
      failure: { stage: 'content', words: 'no answer in time' },
    });
  });

  it('a connection that is closed at one recipient is about that mail', async () => {
    const server = await serve({ onRcptTo: () => server.hangUp() });
    const result = await mailerTo(server.port).send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout());
    const failure = { stage: 'rcpt', words: 'the connection was closed' };
    assert.deepEqual(result, { kind: 'deferred', failure });
  });

  it('a stall after the content leaves open what became of the mail', async () => {
    const ending = new AbortController();
    const server = await serve({
      onMail: () => {
        ending.abort();
        return new Promise(() => undefined);
      },
    });
    const options = { ...createSendOptionsWithTwoMinuteTimeout(), signal: ending.signal };
    const failure = { stage: 'content', words: 'given up while waiting' };
    assert.deepEqual(await mailerTo(server.port).send(TEST_MAIL, options), { kind: 'deferred', failure });
  });

  it('a stop withdraws the mail that waits for a connection, and not the one that is being sent', async () => {
    const { promise: arrived, resolve: arrives } = Promise.withResolvers<void>();
    const { promise: answer, resolve: answers } = Promise.withResolvers<undefined>();
    const server = await serve({
      onMail: () => {
        arrives();
        return answer;
      },
    });
    const stopping = new AbortController();
    const mailer = mailerTo(server.port, { connections: 1 });
    const options = { ...createSendOptionsWithTwoMinuteTimeout(), stopping: stopping.signal };
    const first = mailer.send(TEST_MAIL, options);
    await arrived;
    const second = mailer.send(TEST_MAIL, options);
    stopping.abort();
    assert.deepEqual(await second, { kind: 'withdrawn' });
    answers(undefined);
    assert.deepEqual(await first, { kind: 'accepted' });
    assert.equal(server.received.length, 1);
  });

  it('an idle connection that it has closed meanwhile costs no mail', async () => {
    const port = await reserveFreePort();
    const first = await startTestMailServer({ port });
    const mailer = mailerTo(port);
    await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout());
    await first.close();
    const second = await serve({ port });
    assert.deepEqual(await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout()), {
      kind: 'accepted',
    });
    assert.equal(second.received.length, 1);
  });
});

describe('the lease', () => {
  it('is asked for only once the server is ready for the content', async () => {
    const order: string[] = [];
    const server = await serve({
      onRcptTo: (_to, _session, done) => {
        order.push('recipient');
        done();
      },
    });
    function mayProceed(): boolean {
      return order.push('asked') > 0;
    }
    await mailerTo(server.port).send(TEST_MAIL, { ...createSendOptionsWithTwoMinuteTimeout(), mayProceed });
    assert.deepEqual(order, ['recipient', 'asked']);
  });

  it('withdraws the mail if it has expired, and the server accepts nothing', async () => {
    const server = await serve();
    const mailer = mailerTo(server.port);
    const result = await mailer.send(TEST_MAIL, {
      ...createSendOptionsWithTwoMinuteTimeout(),
      mayProceed: () => false,
    });
    assert.deepEqual(result, { kind: 'withdrawn' });
    assert.deepEqual(await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout()), {
      kind: 'accepted',
    });
    assert.equal(server.received.length, 1);
  });
});

describe('a server with TLS', () => {
  let folder: string;
  let tls: { readonly key: Buffer; readonly cert: Buffer };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const kind = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    ];
    execFileSync('openssl', [...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    tls = { key: readFileSync(key), cert: readFileSync(cert) };
  });
  after(() => rmSync(folder, { recursive: true }));

  function startTls(): TestMailServerOptions {
    return { ...tls, disabledCommands: [] };
  }
  function implicit(): TestMailServerOptions {
    return { ...tls, secure: true };
  }

  it('is spoken to over STARTTLS', async () => {
    const settings = { startTls: true, validateCertificates: false };
    const { server, result } = await sendThrough(startTls(), settings);
    assert.deepEqual(result, { kind: 'accepted' });
    assert.equal(server.received[0]?.secure, true);
  });

  it('is spoken to over TLS from the first byte', async () => {
    const settings = { implicitTls: true, validateCertificates: false };
    const { server, result } = await sendThrough(implicit(), settings);
    assert.deepEqual(result, { kind: 'accepted' });
    assert.equal(server.received[0]?.secure, true);
  });

  it('gets a new connection once the previous one is closed', async () => {
    for (const [script, settings] of [
      [startTls(), { startTls: true }],
      [implicit(), { implicitTls: true }],
    ] as const) {
      const server = await serve(script);
      const mailer = mailerTo(server.port, { ...settings, validateCertificates: false, connections: 1 });
      assert.deepEqual(await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout()), {
        kind: 'accepted',
      });
      // The pool allows only one connection, and the probe needs a new one, so the probe waits until the
      // connection that sent the mail is closed.
      assert.deepEqual(await mailer.probe(), { kind: 'welcome' });
    }
  });

  it('is not trusted with a certificate that no known authority has signed', async () => {
    for (const [script, settings] of [
      [startTls(), { startTls: true }],
      [implicit(), { implicitTls: true }],
    ] as const) {
      const { server, result } = await sendThrough(script, settings);
      assert.equal(result.kind, 'unwelcome');
      assert.equal(server.received.length, 0);
    }
  });

  it('gets nothing in plain text if STARTTLS is required but not offered', async () => {
    const { server, result } = await sendThrough({}, { startTls: true });
    assert.equal(result.kind, 'unwelcome');
    assert.equal(server.received.length, 0);
  });

  it('is spoken to in plain text if STARTTLS is switched off', async () => {
    const { server, result } = await sendThrough(startTls());
    assert.deepEqual(result, { kind: 'accepted' });
    assert.equal(server.received[0]?.secure, false);
  });
});

describe('a server with accounts', () => {
  const script: TestMailServerOptions = {
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) =>
      username === 'mailer' && password === 'right'
        ? done(null, { user: username })
        : done(createSmtpReply(535)),
  };

  it('is connected to without a listener that stays on the signal', async () => {
    const server = await serve(script);
    const { signal } = new AbortController();
    const connection = await openSmtpConnection(
      createTestSmtpSettings(server.port, { credentials: { username: 'mailer', password: 'right' } }),
      { signal },
    );
    open.push({ close: connection.quit });
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });

  it('accepts mail after a login', async () => {
    const { server, result } = await sendThrough(script, {
      credentials: { username: 'mailer', password: 'right' },
    });
    assert.deepEqual(result, { kind: 'accepted' });
    assert.equal(server.received[0]?.user, 'mailer');
  });

  it('refuses us with a wrong password, and without one', async () => {
    const wrong = await sendThrough(script, { credentials: { username: 'mailer', password: 'wrong' } });
    assert.equal(wrong.result.kind, 'unwelcome');
    const mailer = mailerTo(wrong.server.port, { credentials: { username: 'mailer', password: 'wrong' } });
    assert.equal((await mailer.probe()).kind, 'unwelcome');
    assert.equal((await sendThrough(script)).result.kind, 'unwelcome');
  });
});
