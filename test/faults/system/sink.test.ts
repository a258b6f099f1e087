import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { createWorkCounters, type GetWorkCounter } from '../nemesis/work.ts';
import type { MailLine } from '../run-folder.ts';
import { type MailSink, openMailSink } from './sink.ts';

const TOKEN = 'Q3x-7_Lk'.repeat(8);
const ADA = 'ada@example.com';

let sink: MailSink;
let lines: MailLine[];
let work: GetWorkCounter;

beforeEach(async () => {
  lines = [];
  work = createWorkCounters();
  sink = await openMailSink((line) => lines.push(line), work);
});

afterEach(() => sink.close());

const MAIL = `Message-ID: <one@example.com>
To: ${ADA}
Subject: Verify your email
X-Correlation-Id: request-1

Hello ada,

http://localhost/api/v1/auth/verify/${TOKEN}

The link works for 24 hours, until November 22, 2026 at 10:15 AM UTC.
.`.replaceAll('\n', '\r\n');

/**
 * Sends a mail over SMTP (RFC 5321), one command at a time.
 * @param impatience closes the connection when it resolves
 * @returns `accepted`, `lost` (no reply to the content), or the reply code with which the mail was refused
 */
async function send(impatience?: Promise<void>): Promise<number | 'accepted' | 'lost'> {
  const socket = connect(Number(sink.settings['MAIL_PORT']), '127.0.0.1');
  const replies = createInterface({ input: socket });
  void impatience?.then(() => socket.destroy());
  // Ignore error events, which would end the process. `once` below rejects if the connection fails.
  for (const one of [socket, replies]) one.on('error', () => undefined);
  socket.on('close', () => replies.close());
  try {
    await once(socket, 'connect');
    const codes = codesIn(replies);
    await codes.next();
    for (const words of ['EHLO ada', 'MAIL FROM:<no-reply@example.com>', `RCPT TO:<${ADA}>`, 'DATA', MAIL]) {
      socket.write(`${words}\r\n`);
      const { value: code, done } = await codes.next();
      if (done) return 'lost';
      if (code >= 400) return code;
    }
    return 'accepted';
  } catch {
    return 'lost';
  } finally {
    socket.destroy();
  }
}

/** Yields the code of each reply. In a reply of several lines, only the last line has no dash after the code. */
async function* codesIn(lines: AsyncIterable<string>): AsyncGenerator<number, void> {
  for await (const line of lines) if (line[3] !== '-') yield Number(line.slice(0, 3));
}

function said() {
  return lines.map((line) => line.said);
}
function readMail() {
  return sink.inboxes.next(ADA, () => true, 0);
}

describe('the mail server of a run', () => {
  test('records the mails that it accepts, and puts them into the inbox', async () => {
    assert.equal(await send(), 'accepted');
    const [line] = lines;
    assert.ok(line);
    const { at, answeredAt, ...known } = line;
    assert.ok(Date.parse(at) <= Date.parse(answeredAt));
    assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000);
    assert.deepEqual(known, {
      by: 'ada',
      messageId: '<one@example.com>',
      to: [ADA],
      subject: 'Verify your email',
      correlationId: 'request-1',
      expiresAt: '2026-11-22T10:15:00.000Z',
      said: '250',
    });
    assert.equal((await readMail())?.token, TOKEN);
    assert.equal(await readMail(), undefined);
  });

  test('counts a mail until it is answered, for itself and for the sender', async () => {
    const counts = ['smtp', 'ada', 'bob'].map((target) => work(target).watch());
    await sink.setMode('stalls');
    const sent = send();
    await eventually('the mail is held', () => sink.held() === 1);
    assert.deepEqual([work('smtp').watch()(), work('ada').watch()()], [1, 1]);
    await sink.setMode('answers-4xx');
    await sent;
    await send();
    assert.deepEqual([counts.map((count) => count()), work('smtp').watch()()], [[2, 2, 0], 0]);
  });

  test('refuses every second mail at RCPT TO, and the others after their content', async () => {
    await sink.setMode('answers-4xx');
    assert.deepEqual([await send(), await send(), said()], [451, 451, ['4xx']]);
    await sink.setMode('answers-5xx');
    assert.deepEqual([await send(), await send(), said()], [554, 554, ['4xx', '5xx']]);
    assert.equal(await readMail(), undefined);
  });

  test('closes the connection after the content, whether it accepts the mail or drops it', async () => {
    await sink.setMode('closes-after-data');
    assert.deepEqual([await send(), said(), await readMail()], ['lost', ['closed'], undefined]);
    await sink.setMode('loses-250');
    assert.deepEqual([await send(), said()], ['lost', ['closed', '250-lost']]);
    assert.ok(await readMail());
  });

  test('refuses connections, and later accepts them again', async () => {
    await sink.setMode('refuses');
    assert.equal(await send(), 'lost');
    await sink.setMode('takes');
    assert.equal(await send(), 'accepted');
    assert.deepEqual(said(), ['250']);
  });

  test('delays its reply until the sender gives up', async () => {
    await sink.setMode('stalls');
    const { promise: impatience, resolve: giveUp } = Promise.withResolvers<void>();
    const sending = send(impatience);
    await eventually('the mail is held', () => sink.held() === 1);
    giveUp();
    assert.equal(await sending, 'lost');
    await eventually('the server has noticed that', () => sink.connections() === 0);
    assert.deepEqual(said(), []);
    await sink.setMode('takes');
    await eventually('the mail is recorded', () => lines.length === 1);
    assert.deepEqual([said(), await readMail()], [['closed'], undefined]);
  });
});
