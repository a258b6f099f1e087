import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { BounceDetails } from '../delivery/hard-bounce.ts';
import { ADA_ADDRESS, defineMailReportsContractTests } from '../ports/reports.contract.ts';
import { createSesReportReader } from './reports.ses.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:bounces';
const CERTIFICATE_URL =
  'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem';
const SUBSCRIBE_URL = `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=t`;

/** Creates a private key and a certificate, like those with which AWS signs messages. */
function aSigner() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-sns-'));
  try {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    writeFileSync(key, pem);
    const subject = ['-subj', '/CN=sns.amazonaws.com', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', '-key', key, '-out', certificate, ...subject], {
      stdio: 'ignore',
    });
    return { privateKey, certificate: readFileSync(certificate, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const aws = aSigner();
const somebody = aSigner();

type Fields = Readonly<Record<string, string>>;

function signed(fields: Fields, { privateKey } = aws): Fields {
  const names =
    fields['Type'] === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  const text = names.map((name) => (name in fields ? `${name}\n${fields[name]}\n` : '')).join('');
  const algorithm = fields['SignatureVersion'] === '1' ? 'RSA-SHA1' : 'RSA-SHA256';
  return { ...fields, Signature: createSign(algorithm).update(text).sign(privateKey, 'base64') };
}

function notification(message: unknown, overrides: Fields = {}): Fields {
  return {
    Type: 'Notification',
    MessageId: randomUUID(),
    TopicArn: TOPIC,
    Message: JSON.stringify(message),
    Timestamp: '2026-11-21T10:00:00.000Z',
    SignatureVersion: '2',
    SigningCertURL: CERTIFICATE_URL,
    ...overrides,
  };
}

function incoming(fields: Fields) {
  return { body: Buffer.from(JSON.stringify(fields)) };
}

function mailOf(delivery: string) {
  return {
    source: 'no-reply@example.com',
    headers: [{ name: 'Message-ID', value: `<${delivery}@example.com>` }],
  };
}

function bounceOf(
  delivery: string,
  { status, diagnostic }: BounceDetails = { status: '5.1.1' },
  bounceType = 'Permanent',
) {
  const recipient = { emailAddress: `"Ada" <${ADA_ADDRESS}>`, status, diagnosticCode: diagnostic };
  return {
    notificationType: 'Bounce',
    mail: mailOf(delivery),
    bounce: { bounceType, bouncedRecipients: [recipient] },
  };
}

function complaintOf(delivery: string, complaintFeedbackType = 'abuse') {
  return {
    eventType: 'Complaint',
    mail: mailOf(delivery),
    complaint: { complaintFeedbackType, complainedRecipients: [{ emailAddress: ADA_ADDRESS }] },
  };
}

const fetched: string[] = [];
const reader = createSesReportReader({
  topicArn: TOPIC,
  async fetch(url) {
    fetched.push(url.href);
    return aws.certificate;
  },
});

defineMailReportsContractTests('Amazon SES', () => ({
  reader,
  classifiesBounces: true,
  namesRecipient: true,
  isSigned: true,
  bounce: (delivery, why) => incoming(signed(notification(bounceOf(delivery, why)))),
  complaint: (delivery) => incoming(signed(notification(complaintOf(delivery)))),
  others: (delivery) => ({
    'a bounce that passes': incoming(
      signed(notification(bounceOf(delivery, { status: '5.1.1' }, 'Transient'))),
    ),
    'a report that a mail is not spam': incoming(signed(notification(complaintOf(delivery, 'not-spam')))),
    'a delivery': incoming(signed(notification({ notificationType: 'Delivery', mail: mailOf(delivery) }))),
    'a bounce of a mail that is not ours': incoming(
      signed(notification({ ...bounceOf(delivery), mail: { source: 'x@example.com' } })),
    ),
    'a notification without JSON': incoming(
      signed({ ...notification(0), Message: 'Successfully validated' }),
    ),
  }),
  forged(delivery) {
    const bounce = notification(bounceOf(delivery));
    function at(SigningCertURL: string) {
      return incoming(signed({ ...bounce, SigningCertURL }, somebody));
    }
    return {
      'a signature by somebody else': incoming(signed(bounce, somebody)),
      'a message that was changed': incoming({ ...signed(bounce), Message: '{}' }),
      'a message of another topic': incoming(signed({ ...bounce, TopicArn: `${TOPIC}2` })),
      'a message without a signature': incoming(bounce),
      'a certificate of another host': at(
        'https://sns.eu-central-1.amazonaws.com.example.net/SimpleNotificationService-0.pem',
      ),
      'a certificate of another region': at(
        'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem',
      ),
      'a certificate over plain HTTP': at(
        'http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem',
      ),
      'a certificate with user info': at(
        'https://sns.eu-central-1.amazonaws.com@example.net/SimpleNotificationService-0.pem',
      ),
      'a certificate at another port': at(
        'https://sns.eu-central-1.amazonaws.com:8443/SimpleNotificationService-0.pem',
      ),
      'a certificate at another path': at(
        'https://sns.eu-central-1.amazonaws.com/bucket/SimpleNotificationService-0.pem',
      ),
    };
  },
}));

describe('SNS', () => {
  const delivery = randomUUID();

  it('is accepted with a signature of version 1, too, and with a subject', async () => {
    const read = await reader.read(
      incoming(signed(notification(bounceOf(delivery), { SignatureVersion: '1', Subject: 'Bounce' }))),
    );
    assert.equal(read.kind, 'report');
  });

  it('fetches a certificate once', async () => {
    const urls: string[] = [];
    const fresh = createSesReportReader({
      topicArn: TOPIC,
      async fetch(url) {
        urls.push(url.href);
        return aws.certificate;
      },
    });
    for (const fields of [notification(bounceOf(delivery)), notification(complaintOf(delivery))])
      assert.equal((await fresh.read(incoming(signed(fields)))).kind, 'report');
    assert.deepEqual(urls, [CERTIFICATE_URL]);
  });

  function confirmation(overrides: Fields = {}) {
    return notification('', {
      Type: 'SubscriptionConfirmation',
      Token: 't',
      SubscribeURL: SUBSCRIBE_URL,
      ...overrides,
    });
  }

  it('has its subscription confirmed', async () => {
    assert.deepEqual(await reader.read(incoming(signed(confirmation()))), { kind: 'nothing' });
    assert.ok(fetched.includes(SUBSCRIBE_URL));
  });

  it('has no subscription confirmed that it did not sign, or at another URL', async () => {
    const before = fetched.length;
    assert.deepEqual(await reader.read(incoming(signed(confirmation(), somebody))), { kind: 'forged' });
    for (const SubscribeURL of [
      'https://example.net/?Action=ConfirmSubscription',
      `${SUBSCRIBE_URL}`.replace('Confirm', 'Delete'),
    ])
      assert.deepEqual(await reader.read(incoming(signed(confirmation({ SubscribeURL })))), {
        kind: 'nothing',
      });
    assert.equal(fetched.length, before);
  });

  it('must send again while its certificate cannot be fetched or is invalid', async () => {
    for (const fetch of [async () => Promise.reject(new Error('away')), async () => 'no certificate']) {
      const away = createSesReportReader({ topicArn: TOPIC, fetch });
      assert.deepEqual(await away.read(incoming(signed(notification(bounceOf(delivery))))), {
        kind: 'unchecked',
      });
    }
  });
});
