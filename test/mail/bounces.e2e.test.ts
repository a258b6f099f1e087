/** Tests bounces and complaints: a mail server accepts a mail, and later sends a report to the mail's return path. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import { runCommandInProcess } from '../../apps/ops/src/testing/run-in-process.ts';
import { assertStatus, type Client, createClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import {
  createPersonActions,
  createUniquePerson,
  type Person,
  type PersonActions,
} from '../support/people.ts';
import { type Standalone, startStandalone } from '../support/standalone.ts';
import { createDeliveryReportMail, createFeedbackReportMail, sendReport } from './report-sender.ts';
import { type AcceptedMail, type ScriptedServer, startScriptedServer } from './scripted-server.ts';

const DOMAIN = 'bounces.example.com';
const FEEDBACK = `feedback@${DOMAIN}`;
const POSTMARK = `postmark:${randomBytes(16).toString('hex')}`;
const TOPIC_ARN = 'arn:aws:sns:eu-central-1:123456789012:bounces';

interface Delivery {
  readonly id: string;
  readonly state: string;
  readonly reason?: string;
  readonly mail: string;
  readonly recipient?: string;
  readonly report?: { readonly source: string; readonly status?: string };
}

let server: ScriptedServer;
let system: Standalone;
let client: Client;
let people: PersonActions;
let port: number;

before(async () => {
  server = await startScriptedServer();
  port = await reserveFreePort();
  system = await startStandalone({
    MAIL_SERVER: '127.0.0.1',
    MAIL_PORT: String(server.port),
    MAIL_STARTTLS: 'false',
    USE_CREDENTIALS: 'false',
    MAIL_FROM: 'no-reply@example.com',
    MAIL_BOUNCE_DOMAIN: DOMAIN,
    MAIL_BOUNCE_KEY: randomBytes(32).toString('base64'),
    MAIL_BOUNCE_PORT: String(port),
    MAIL_BOUNCE_HOST: '127.0.0.1',
    MAIL_POSTMARK_CREDENTIALS: POSTMARK,
    MAIL_SES_TOPIC_ARN: TOPIC_ARN,
  });
  client = createClient(system.url);
  people = createPersonActions(client, {
    to: async () => [],
    next: async (address) => {
      const { messageId = '', subject = '', html = '', text = '' } = (await mailTo(address)).email;
      return { id: '', messageId, subject, html, text };
    },
  });
});

after(async () => {
  await system.stop();
  await server[Symbol.asyncDispose]();
});

/** Waits for the n-th mail to an address. */
function mailTo(address: string, n = 1): Promise<AcceptedMail> {
  return eventually(`mail ${n} to ${address}`, () => server.to(address)[n - 1]);
}

function idOf({ email }: AcceptedMail): string {
  return /^<(.*)@/.exec(email.messageId ?? '')?.[1] ?? '';
}

async function json<T>(...words: readonly string[]): Promise<readonly T[]> {
  const { out, code, err } = await runCommandInProcess({ DATA_DIR: system.folder }, ...words, '--json');
  assert.equal(code, 0, err);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

async function deliveryOf(mail: AcceptedMail): Promise<Delivery> {
  const [delivery] = await json<Delivery>('deliveries', 'show', idOf(mail));
  assert.ok(delivery);
  return delivery;
}

/**
 * Sends a report to the notifier until the notifier accepts it. A reply of 451 means that the notifier has
 * not yet recorded the mail as sent.
 * @returns the notifier's reply
 */
function report(to: string, content: string): Promise<string> {
  return eventually('the report is taken', async () => {
    const said = await sendReport({ port, to, content });
    return said.startsWith('451') ? undefined : said;
  });
}

async function signedUp(person: Person = createUniquePerson('bounce')): Promise<AcceptedMail> {
  assertStatus(await people.signUp(person), 201);
  return mailTo(person.email);
}

/**
 * Signs up a new person, and waits until the notifier has recorded the mail as sent, which happens after the mail
 * server has accepted it.
 */
async function sentTo(): Promise<AcceptedMail> {
  const mail = await signedUp();
  await eventually('the mail is recorded', async () => (await deliveryOf(mail)).state === 'sent');
  return mail;
}

async function askForReset({ email }: Person): Promise<void> {
  assertStatus(await client.post('/auth/password-reset-request', { json: { email } }), 202);
}

describe('a mail that came back', () => {
  test('is recorded, published, and ends mails of its kind to its address', async () => {
    const person = createUniquePerson('bounce');
    const mail = await signedUp(person);
    assert.match(mail.from, new RegExp(`^b-[0-9a-f]{32}-[0-9a-f]{20}@${DOMAIN}$`));
    assert.equal(await report(mail.from, createDeliveryReportMail('5.1.1')), '250 2.0.0 Taken');

    const { state, report: recorded, recipient } = await deliveryOf(mail);
    assert.deepEqual([state, recorded?.source, recorded?.status], ['bounced', 'mail', '5.1.1']);
    assert.match(recipient ?? '', /^b…@example\.com$/);
    const { out } = await runCommandInProcess({ DATA_DIR: system.folder }, 'deliveries', 'show', idOf(mail));
    assert.match(out, /^state +bounced$/m);
    assert.match(out, /^reported +\S+ by mail, 5\.1\.1$/m);

    const { out: suppressions } = await runCommandInProcess(
      { DATA_DIR: system.folder },
      'suppressions',
      'list',
    );
    assert.match(suppressions, /b…@example\.com +verify-email +bounced/);

    const event = await eventually('the event', async () => {
      const response = await fetch(`${system.url}/topics/api/topics/deliveries.events.v1/records`);
      const { records } = (await response.json()) as {
        readonly records: readonly { readonly key: string; readonly value: string }[];
      };
      return records.find(({ key }) => key === idOf(mail));
    });
    const text = JSON.stringify(event);
    assert.match(text, /MailBounced/);
    assert.doesNotMatch(text, new RegExp(person.email));

    // The person signs up a second time, which is possible because the address has never been verified.
    assertStatus(await people.signUp({ ...person, username: `${person.username.slice(0, 30)}2` }), 201);
    const [suppressed] = await eventually('the second mail is suppressed', async () => {
      const found = await json<Delivery>('deliveries', 'list', '--state', 'suppressed');
      return found.length > 0 && found;
    });
    assert.deepEqual([suppressed?.mail, suppressed?.reason], ['verify-email', 'bounced']);
    assert.equal(server.to(person.email).length, 1);
  });

  test('of a password reset: the next one names the bounce in its state instead of disappearing', async () => {
    const person = await people.verified(createUniquePerson('reset'));
    await askForReset(person);
    const mail = await eventually('the reset mail', () =>
      server.to(person.email).find(({ email }) => /reset/i.test(email.subject ?? '')),
    );
    await report(mail.from, createDeliveryReportMail('5.2.1'));
    await askForReset(person);
    await eventually('the second reset is suppressed', async () => {
      const found = await json<Delivery>('deliveries', 'list', '--state', 'suppressed');
      return found.some((each) => each.mail === 'reset-password' && each.reason === 'bounced');
    });
  });

  test('that is temporary, or because of the sender, changes nothing', async () => {
    const mail = await sentTo();
    for (const content of [
      createDeliveryReportMail('4.4.7', 'delayed'),
      createDeliveryReportMail('5.2.2'),
      createDeliveryReportMail('5.7.1'),
      'Subject: I am away\r\n\r\nBack on Monday.',
    ])
      assert.equal(await report(mail.from, content), '250 2.0.0 Taken');
    assert.equal((await deliveryOf(mail)).state, 'sent');
  });
});

describe('a complaint', () => {
  test('at the address for feedback, which quotes the return path, is recorded', async () => {
    const mail = await sentTo();
    assert.equal(await report(FEEDBACK, createFeedbackReportMail(mail.from)), '250 2.0.0 Taken');
    assert.equal((await deliveryOf(mail)).state, 'complained');
  });

  test('by Postmark is recorded', async () => {
    const mail = await sentTo();
    const header = mail.email.headers.find(({ key }) => key === 'x-pm-metadata-delivery');
    assert.equal(header?.value, idOf(mail));
    const body = { RecordType: 'SpamComplaint', Email: mail.to, Metadata: { delivery: idOf(mail) } };
    await eventually('it is taken', async () => (await postmark(body, POSTMARK)) === 204);
    const { state, report: recorded } = await deliveryOf(mail);
    assert.deepEqual([state, recorded?.source], ['complained', 'postmark']);
  });
});

async function postmark(body: unknown, credentials: string): Promise<number> {
  const { status } = await fetch(`${system.url}/api/v1/mail-reports/postmark`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    },
    body: JSON.stringify(body),
  });
  return status;
}

describe('a forged report', () => {
  test('changes nothing, wherever it comes', async () => {
    const mail = await sentTo();
    const bounce = createDeliveryReportMail('5.1.1');
    const guessed = mail.from.replace(/[0-9a-f]{20}@/, `${'0'.repeat(20)}@`);
    assert.match(await report(guessed, bounce), /^550 5\.1\.1 /);
    assert.match(await report(`postmaster@${DOMAIN}`, bounce), /^550 5\.1\.1 /);
    assert.match(await report(FEEDBACK, createFeedbackReportMail(guessed)), /^250 /);
    const body = {
      RecordType: 'Bounce',
      Type: 'HardBounce',
      Email: mail.to,
      Metadata: { delivery: idOf(mail) },
    };
    assert.equal(await postmark(body, 'postmark:guessed-guessed-guessed'), 403);
    // Send an authentic report that names a recipient other than that of the mail.
    assert.equal(await postmark({ ...body, Email: 'eve@example.com' }, POSTMARK), 204);
    const ses = await fetch(`${system.url}/api/v1/mail-reports/ses`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=UTF-8' },
      body: JSON.stringify({
        Type: 'Notification',
        TopicArn: TOPIC_ARN,
        SigningCertURL: 'https://example.net/',
      }),
    });
    assert.equal(ses.status, 403);
    assert.equal((await deliveryOf(mail)).state, 'sent');
  });

  test('that is hostile neither stops the receiver nor changes anything', async () => {
    const mail = await sentTo();
    const nested = Array.from(
      { length: 2000 },
      (_, level) => `Content-Type: multipart/mixed; boundary="b${level}"\r\n\r\n--b${level}\r\n`,
    ).join('');
    const endless = `Content-Type: multipart/report; boundary="${'x'.repeat(100_000)}\r\n\r\n`;
    for (const content of [nested, endless, randomBytes(50_000).toString('latin1')])
      assert.match(await report(mail.from, content), /^250 /);
    assert.match(
      await report(mail.from, `${createDeliveryReportMail('5.1.1')}${'x'.repeat(300_000)}`),
      /^552 5\.3\.4 /,
    );
    assert.equal((await deliveryOf(mail)).state, 'sent');
    assert.match(await report(mail.from, createDeliveryReportMail('5.1.1')), /^250 /);
    assert.equal((await deliveryOf(mail)).state, 'bounced');
  });

  test('is not found by ops verify, which leaves reports out of its comparison', async () => {
    const { code, out, err } = await runCommandInProcess({ DATA_DIR: system.folder }, 'verify');
    assert.equal(code, 0, out + err);
  });

  test('appears in no log with an address', () => {
    assert.doesNotMatch(system.output(), /@example\.com|@bounces/);
  });
});
