import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { createLogger } from '@latchkey/process';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { ReportOutcome } from '../reports/record-report.ts';
import { createReturnPaths } from '../reports/return-paths.ts';
import { aBounce } from '../testing/reports.ts';
import { createReceiver, MAX_REPORT_BYTES } from './receiver.smtp.ts';
import { createMimeReader } from './reports.mime.ts';

const returnPaths = createReturnPaths({ domain: 'bounces.example.com', keys: [randomBytes(32)] });
const delivery = randomUUID();
const own = returnPaths.addressOf(delivery);
const BOUNCE = aBounce({ recipient: 'ada@example.com' });

describe('the receiver of reports', () => {
  async function start(
    t: TestContext,
    { isLmtp = false, answers = [] as readonly (ReportOutcome | Error)[] } = {},
  ) {
    const left = [...answers];
    const proofs: (string | undefined)[] = [];
    const receiver = createReceiver(
      { host: '127.0.0.1', port: 0, isLmtp, name: 'bounces.example.com' },
      {
        returnPaths,
        reader: createMimeReader(returnPaths),
        async take(_reader, { proof }) {
          proofs.push(proof);
          const answer = left.shift() ?? 'done';
          if (answer instanceof Error) throw answer;
          return answer;
        },
        logger: createLogger({ name: 'notifier', level: 'silent' }),
      },
    );
    await receiver.start();
    t.after(() => receiver.stop());
    return { port: receiver.port(), proofs };
  }

  /** Sends a report. @returns the server's last reply */
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

  it('refuses addresses that are none of ours, and takes one at a time', async (t) => {
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

  it('names the setting if its port is taken', async (t) => {
    const { port } = await start(t);
    const settings = { host: '127.0.0.1', port, isLmtp: false, name: 'bounces.example.com' };
    const reader = createMimeReader(returnPaths);
    const logger = createLogger({ name: 'notifier', level: 'silent' });
    const second = createReceiver(settings, { returnPaths, reader, take: async () => 'done', logger });
    await assert.rejects(
      second.start(),
      /^Error: MAIL_BOUNCE_PORT: port \d+ on 127\.0\.0\.1 cannot be used \(EADDRINUSE\)$/,
    );
  });
});
