import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Database } from '@latchkey/sqlite';
import { openDatabase } from '@latchkey/sqlite';
import { createTransport, type SendMailOptions } from 'nodemailer';
import {
  createSilentLogger,
  createTemporaryFolder,
  fetchJson,
  openTemporaryDatabase,
  serveRoutes,
} from '../testing.ts';
import { createMailbox } from './mailbox.ts';
import { mailMessageHeadersSchema, mailMessageSchema } from './message.ts';
import { createMailboxRoutes, mailMessagePageSchema } from './routes.ts';
import { createMailboxSmtpServer } from './smtp.ts';

const at = new Date('2026-03-01T12:00:00.000Z');

function mailboxOn(database: Database, keep?: number) {
  let made = 0;
  function newId() {
    made += 1;
    return `mail-${made}`;
  }
  return createMailbox({ database, now: () => at, newId, ...(keep === undefined ? {} : { keep }) });
}

async function running(t: TestContext, keep?: number) {
  const mailbox = mailboxOn(await openTemporaryDatabase(t), keep);
  const server = createMailboxSmtpServer({
    mailbox,
    logger: createSilentLogger(),
    host: '127.0.0.1',
    port: 0,
  });
  await server.start();
  const transport = createTransport({ host: '127.0.0.1', port: server.port(), ignoreTLS: true, pool: true });
  t.after(async () => {
    transport.close();
    await server.stop();
  });
  function send(mail: SendMailOptions) {
    return transport.sendMail({ from: { name: 'Latchkey', address: 'no-reply@example.com' }, ...mail });
  }
  return { send, mailbox, url: `${await serveRoutes(t, createMailboxRoutes(mailbox))}/mailbox` };
}

function list(url: string) {
  return fetchJson(url, mailMessagePageSchema);
}
function read(url: string) {
  return fetchJson(url, mailMessageSchema);
}

test('a mail sent over SMTP can be read with Mailpit’s field names', async (t) => {
  const { send, url } = await running(t);
  await send({
    to: { name: 'Ada', address: 'ada@example.com' },
    subject: 'Prüfe deine Adresse',
    text: 'Open the link',
    html: '<p>Open <b>the link</b></p>',
    messageId: '<one@example.com>',
    date: new Date('2026-03-01T11:59:00Z'),
  });

  const page = await list(`${url}/api/v1/messages`);
  assert.deepEqual(
    { ...page, messages: page.messages.length },
    {
      total: 1,
      unread: 1,
      count: 1,
      messages_count: 1,
      messages_unread: 1,
      start: 0,
      tags: [],
      messages: 1,
    },
  );
  const [summary] = page.messages;
  assert.ok(summary);
  assert.equal(summary.Created, at.toISOString());
  assert.equal(summary.Snippet, 'Open the link');
  assert.equal(summary.Read, false);

  const mail = await read(`${url}/api/v1/message/${summary.ID}`);
  assert.equal(mail.MessageID, 'one@example.com');
  assert.deepEqual(mail.From, { Name: 'Latchkey', Address: 'no-reply@example.com' });
  assert.deepEqual(mail.To, [{ Name: 'Ada', Address: 'ada@example.com' }]);
  assert.deepEqual(mail.Bcc, []);
  assert.equal(mail.Subject, 'Prüfe deine Adresse');
  assert.equal(mail.Date, '2026-03-01T11:59:00.000Z');
  assert.equal(mail.Text.trim(), 'Open the link');
  assert.match(mail.HTML, /<b>the link<\/b>/);
  assert.ok(mail.Size > 100);
});

test('opening a mail marks it as read, also by the name latest', async (t) => {
  const { send, url } = await running(t);
  await send({ to: 'ada@example.com', subject: 'First', text: 'x' });
  await send({ to: 'ada@example.com', subject: 'Second', text: 'x' });

  assert.equal((await read(`${url}/api/v1/message/latest`)).Subject, 'Second');
  const { messages, unread } = await list(`${url}/api/v1/messages`);
  assert.equal(unread, 1);
  assert.deepEqual(
    messages.map(({ Subject, Read }) => [Subject, Read]),
    [
      ['Second', true],
      ['First', false],
    ],
  );
});

test('a search finds mails by recipient, subject, words and read state, without regard to case', async (t) => {
  const { send, url } = await running(t);
  await send({ to: 'ada@example.com', subject: 'Verify your email', text: 'Hello Ada' });
  await send({ to: 'grace@example.com', subject: 'Welcome to our app', text: 'Hello Grace' });

  async function subjects(query: string) {
    const found = await list(`${url}/api/v1/search?${new URLSearchParams({ query })}`);
    assert.equal(found.messages_count, found.messages.length);
    return found.messages.map(({ Subject }) => Subject);
  }
  assert.deepEqual(await subjects('to:ADA@example.com'), ['Verify your email']);
  assert.deepEqual(await subjects('to:"ada@example.com" subject:welcome'), []);
  assert.deepEqual(await subjects('subject:"welcome to"'), ['Welcome to our app']);
  assert.deepEqual(await subjects('hello -to:ada'), ['Welcome to our app']);
  assert.deepEqual(await subjects('grace'), ['Welcome to our app']);
  assert.deepEqual(await subjects('is:read'), []);
  assert.equal((await subjects('is:unread')).length, 2);
  assert.deepEqual(await subjects('to:%'), []);
  assert.equal((await fetch(`${url}/api/v1/search?query=`)).status, 400);
  const longest = 'a '.repeat(500).trim();
  assert.deepEqual(await subjects(longest), ['Verify your email', 'Welcome to our app'].toReversed());
  assert.equal((await fetch(`${url}/api/v1/search?query=${encodeURIComponent(`${longest} a`)}`)).status, 400);
});

test('a recipient that no header names is a blind copy', async (t) => {
  const { send, url } = await running(t);
  await send({ to: 'ada@example.com', bcc: 'grace@example.com', subject: 'x', text: 'x' });
  const mail = await read(`${url}/api/v1/message/latest`);
  assert.deepEqual(mail.Bcc, [{ Name: '', Address: 'grace@example.com' }]);
});

test('headers keep their names and all their values', async (t) => {
  const { send, url } = await running(t);
  await send({ to: 'ada@example.com', subject: 'x', text: 'x', headers: { 'X-Twice': ['one', 'two'] } });
  const headers = await fetchJson(`${url}/api/v1/message/latest/headers`, mailMessageHeadersSchema);
  assert.deepEqual(headers['X-Twice'], ['one', 'two']);
});

test('a mail names the request that led to it, in lists and when opened', async (t) => {
  const { send, url } = await running(t);
  const headers = { 'X-Correlation-Id': 'request-1' };
  await send({ to: 'ada@example.com', subject: 'with', text: 'x', headers });
  assert.equal((await list(`${url}/api/v1/messages`)).messages[0]?.CorrelationID, 'request-1');
  assert.equal(
    (await list(`${url}/api/v1/search?query=subject:with`)).messages[0]?.CorrelationID,
    'request-1',
  );
  assert.equal((await read(`${url}/api/v1/message/latest`)).CorrelationID, 'request-1');

  await send({ to: 'ada@example.com', subject: 'without', text: 'x' });
  assert.ok(!('CorrelationID' in (await read(`${url}/api/v1/message/latest`))));
});

test('mails are deleted by their ids, or all of them', async (t) => {
  const { send, url } = await running(t);
  for (const subject of ['a', 'b', 'c']) await send({ to: 'ada@example.com', subject, text: 'x' });
  function remove(body?: object) {
    return fetch(`${url}/api/v1/messages`, {
      method: 'DELETE',
      ...(body ? { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
  }
  async function left() {
    return (await list(`${url}/api/v1/messages`)).total;
  }

  assert.equal(await (await remove({ IDs: ['mail-1'] })).text(), 'ok');
  assert.equal(await left(), 2);
  assert.equal((await remove()).status, 200);
  assert.equal(await left(), 0);
  assert.equal((await fetch(`${url}/api/v1/message/mail-2`)).status, 404);
});

test('only the newest mails are kept', async (t) => {
  const { send, url } = await running(t, 2);
  for (const subject of ['a', 'b', 'c']) await send({ to: 'ada@example.com', subject, text: 'x' });
  const { messages } = await list(`${url}/api/v1/messages`);
  assert.deepEqual(
    messages.map(({ Subject }) => Subject),
    ['c', 'b'],
  );
});

test('mails survive a restart', async (t) => {
  const folder = await createTemporaryFolder(t);
  const before = openDatabase({ folder, as: 'server' });
  await mailboxOn(before).receive(Buffer.from('Subject: Kept\r\n\r\nHello'), {
    from: '',
    to: ['ada@example.com'],
  });
  await before.close();

  const after = openDatabase({ folder, as: 'server' });
  t.after(() => after.close());
  assert.equal((await mailboxOn(after).open('latest'))?.Subject, 'Kept');
});

test('the HTML of a mail is a page without script whose links open in a new tab', async (t) => {
  const { send, url } = await running(t);
  const html =
    '<html><head></head><body><script>alert(1)</script><a href="https://example.com">x</a></body></html>';
  await send({ to: 'ada@example.com', subject: 'x', html });
  const answer = await fetch(`${url}/view/latest`);
  const policy = answer.headers.get('content-security-policy') ?? '';
  assert.deepEqual(policy.split('; '), [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "form-action 'none'",
    "frame-ancestors 'self'",
    'sandbox allow-popups allow-popups-to-escape-sandbox',
  ]);
  assert.equal(answer.headers.get('x-frame-options'), 'SAMEORIGIN');
  assert.match(await answer.text(), /<head><base target="_blank">/);

  await send({
    to: 'ada@example.com',
    subject: 'without a head',
    html: '<a href="https://example.com">x</a>',
  });
  assert.match(await (await fetch(`${url}/view/latest`)).text(), /^<base target="_blank"><a /);
});

test('a mail over the size limit is refused and not kept', async (t) => {
  const { send, mailbox } = await running(t);
  const text = 'x'.repeat(11 * 1024 * 1024);
  await assert.rejects(send({ to: 'ada@example.com', subject: 'x', text }), /size|552/i);
  assert.equal(mailbox.search('', { start: 0, limit: 1 }).total, 0);
});

test('forgets the mails to an address, and no others', async (t) => {
  const { send, mailbox } = await running(t);
  const [ada, eve] = ['Ada@example.com', 'eve.ada@example.com'];
  for (const to of [ada, eve, `Somebody <${ada}>`]) await send({ to, subject: 'Hello', text: 'Hello' });
  await send({ to: eve, bcc: ada, subject: 'Hello', text: 'Hello' });
  await mailbox.forget('ada@example.com');
  const { messages } = mailbox.search('', { start: 0, limit: 9 });
  assert.deepEqual(
    messages.flatMap(({ To }) => To.map(({ Address }) => Address)),
    [eve],
  );
});
