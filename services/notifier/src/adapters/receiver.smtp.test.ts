import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { createLogger } from '@latchkey/process';
import type { Sleep } from '@latchkey/process/loop';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { MailReportOutcome } from '../reports/record-report.ts';
import { createReturnPaths } from '../reports/return-paths.ts';
import { createBounceMail } from '../testing/reports.ts';
import { systemClock } from './clock.system.ts';
import {
  createReportReceiver,
  MAX_CONNECTIONS_PER_IP,
  MAX_REPORT_BYTES,
  type ReportReceiverSettings,
} from './receiver.smtp.ts';
import { createMimeReportReader } from './reports.mime.ts';

const returnPaths = createReturnPaths({ domain: 'bounces.example.com', keys: [randomBytes(32)] });
const delivery = randomUUID();
const own = returnPaths.addressOf(delivery);
const BOUNCE = createBounceMail({ recipient: 'ada@example.com' });

interface ReceiverOptions extends Partial<Pick<ReportReceiverSettings, 'isLmtp' | 'trusts'>> {
  /**
   * What the handler returns for each of the first reports, in order. If an element is an Error, the handler
   * throws it. For all later reports, the handler returns `done`.
   */
  readonly answers?: readonly (MailReportOutcome | Error)[];
  readonly sleep?: Sleep;
}

/** Connects to the receiver of reports. `replies` returns everything that the receiver has sent. */
function openSocket(t: TestContext, port: number) {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  // Ignore errors: the receiver may reset the connection, and a reset also ends the connection.
  socket.on('error', () => {});
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, ended, replies: () => received };
}

/** Connects to the receiver of reports and waits for its greeting. */
async function greetedSocket(t: TestContext, port: number) {
  const opened = openSocket(t, port);
  await once(opened.socket, 'data');
  assert.match(opened.replies(), /^220 /);
  return opened;
}

describe('the receiver of reports', () => {
  async function start(
    t: TestContext,
    { answers = [], sleep = systemClock.sleep, ...settings }: ReceiverOptions = {},
  ) {
    const left = [...answers];
    const proofs: (string | undefined)[] = [];
    const receiver = createReportReceiver(
      { host: '127.0.0.1', port: 0, isLmtp: false, name: 'bounces.example.com', ...settings },
      {
        returnPaths,
        reader: createMimeReportReader(returnPaths),
        async take(_reader, { proof }) {
          proofs.push(proof);
          const answer = left.shift() ?? 'done';
          if (answer instanceof Error) throw answer;
          return answer;
        },
        clock: { sleep },
        logger: createLogger({ name: 'notifier', level: 'silent' }),
      },
    );
    await receiver.start();
    t.after(() => receiver.stop());
    return { port: receiver.port(), proofs };
  }

  /**
   * Sends a report to the receiver.
   * @returns the receiver's last reply
   */
  async function send(port: number, to: readonly string[], content = BOUNCE, lmtp = false): Promise<string> {
    const smtp = new SMTPConnection({ host: '127.0.0.1', port, ignoreTLS: true, lmtp });
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    smtp.on('error', reject);
    smtp.connect((failed) => {
      if (failed) return reject(failed);
      smtp.send({ from: '', to: [...to] }, content, (error, info) =>
        resolve(error ? (error.response ?? error.message) : info.response),
      );
    });
    return promise.finally(() => smtp.quit());
  }

  for (const isLmtp of [false, true])
    it(`takes a report over ${isLmtp ? 'LMTP' : 'SMTP'}`, async (t) => {
      const { port, proofs } = await start(t, { isLmtp });
      assert.match(await send(port, [own], BOUNCE, isLmtp), /^250 2\.0\.0 /);
      assert.deepEqual(proofs, [own]);
    });

  it('has a report sent again while it cannot be recorded', async (t) => {
    const { port } = await start(t, { answers: ['later', new Error('the store is away'), 'done'] });
    const replies = [await send(port, [own]), await send(port, [own]), await send(port, [own])];
    assert.deepEqual(
      replies.map((reply) => reply.slice(0, 9)),
      ['451 4.3.0', '451 4.3.0', '250 2.0.0'],
    );
  });

  it('accepts a forged report, so that nobody innocent gets a refusal', async (t) => {
    const { port } = await start(t, { answers: ['forged'] });
    assert.match(await send(port, [own]), /^250 /);
  });

  it('refuses addresses that are not ours, and accepts one at a time', async (t) => {
    const { port, proofs } = await start(t);
    assert.match(await send(port, ['postmaster@bounces.example.com']), /^550 5\.1\.1 /);
    const another = returnPaths.addressOf(randomUUID());
    await send(port, [own, another]);
    assert.deepEqual(proofs, [own]);
  });

  it('refuses a mail that is too large for a report', async (t) => {
    const { port, proofs } = await start(t);
    assert.match(await send(port, [own], 'x'.repeat(MAX_REPORT_BYTES + 1)), /^552 /);
    assert.deepEqual(proofs, []);
  });

  it('closes the connection of a mail that does not end', async (t) => {
    const { port, proofs } = await start(t);
    const { socket, ended, replies } = await greetedSocket(t, port);
    socket.write(`EHLO mx.example.net\r\nMAIL FROM:<>\r\nRCPT TO:<${own}>\r\nDATA\r\n`);
    while (!replies().includes('354 ')) await once(socket, 'data');
    const line = `${'x'.repeat(998)}\r\n`;
    let written = 0;
    while (!socket.destroyed && !replies().includes('552 ')) {
      written += line.length;
      if (!socket.write(line)) await Promise.race([once(socket, 'drain'), ended]);
    }
    await ended;
    assert.match(replies(), /552 5\.3\.4 Far too large for a report\r\n$/);
    assert.ok(written > 2 * MAX_REPORT_BYTES);
    assert.deepEqual(proofs, []);
  });

  it('leaves connections for others if one address opens many', async (t) => {
    const { port } = await start(t, { trusts: () => false });
    const open = await Promise.all(
      Array.from({ length: MAX_CONNECTIONS_PER_IP }, () => greetedSocket(t, port)),
    );
    const refused = openSocket(t, port);
    await refused.ended;
    assert.equal(refused.replies(), '421 4.7.0 Too many connections from your address\r\n');
    for (const { socket, ended } of open.slice(0, 1)) {
      socket.end('QUIT\r\n');
      await ended;
    }
    await greetedSocket(t, port);
  });

  for (const [from, settings] of [
    ['from this machine', {}],
    ['over LMTP', { isLmtp: true, trusts: () => false }],
  ] as const)
    it(`allows more connections ${from}`, async (t) => {
      const { port } = await start(t, settings);
      await Promise.all(Array.from({ length: MAX_CONNECTIONS_PER_IP + 1 }, () => greetedSocket(t, port)));
    });

  it('ends a connection after five minutes, even if it is in use', async (t) => {
    const waits: {
      readonly ms: number;
      readonly end: () => void;
      readonly signal?: AbortSignal | undefined;
    }[] = [];
    const { port } = await start(t, {
      sleep: (ms, signal) => new Promise((end) => waits.push({ ms, end, signal })),
    });
    const { socket, ended, replies } = await greetedSocket(t, port);
    socket.write('EHLO mx.example.net\r\n');
    while (!replies().includes('250 ')) await once(socket, 'data');
    const [wait] = waits;
    assert.deepEqual([waits.length, wait?.ms, wait?.signal?.aborted], [1, 300_000, false]);
    wait?.end();
    await ended;
    assert.match(replies(), /421 4\.4\.2 The connection took too long\r\n$/);
    if (wait?.signal?.aborted === false) await once(wait.signal, 'abort');
  });

  it('names the setting if its port is taken', async (t) => {
    const { port } = await start(t);
    const settings = { host: '127.0.0.1', port, isLmtp: false, name: 'bounces.example.com' };
    const reader = createMimeReportReader(returnPaths);
    const logger = createLogger({ name: 'notifier', level: 'silent' });
    const clock = systemClock;
    const second = createReportReceiver(settings, {
      returnPaths,
      reader,
      take: async () => 'done',
      clock,
      logger,
    });
    await assert.rejects(
      second.start(),
      /^Error: MAIL_BOUNCE_PORT: port \d+ on 127\.0\.0\.1 cannot be used \(EADDRINUSE\)$/,
    );
  });
});
