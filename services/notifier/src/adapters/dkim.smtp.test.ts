import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { dkimVerify } from 'mailauth';
import {
  createDkimDnsRecord,
  type DkimSigningSettings,
  findDkimKeyFault,
  generateDkimKey,
} from '../dkim-key.ts';
import { startTestMailServer } from '../testing/mail-server.ts';
import { createDkimSigner } from './dkim.smtp.ts';
import { createSmtpMailer } from './mailer.smtp.ts';

const dkim: DkimSigningSettings = {
  domain: 'example.com',
  selector: 'latchkey1',
  privateKey: generateDkimKey(),
};

/**
 * Returns whether an independent verifier accepts the DKIM signature of a mail. The verifier gets the DNS record of
 * the key from the test instead of looking it up.
 */
async function verdictOn(raw: Buffer | string, signed: DkimSigningSettings = dkim): Promise<string> {
  const { name, parts } = createDkimDnsRecord(signed);
  const { results } = await dkimVerify(Buffer.from(raw), {
    resolver: async (asked: string, type: string) => {
      assert.deepEqual([asked, type], [name, 'TXT']);
      return [[...parts]];
    },
  });
  const [only, ...others] = results;
  assert.ok(only && others.length === 0, `${results.length} signatures`);
  assert.equal(only.signingDomain, 'example.com');
  return only.status.result;
}

/**
 * Sends a mail to the test server.
 * @returns the mail as the server received it
 */
async function sent(): Promise<string> {
  const server = await startTestMailServer();
  const mailer = createSmtpMailer({
    host: '127.0.0.1',
    port: server.port,
    ehloName: 'accounts.example.com',
    implicitTls: false,
    startTls: false,
    validateCertificates: true,
    from: { name: 'Schlüssel', address: 'noreply@example.com' },
    connections: 1,
    sign: createDkimSigner(dkim),
  });
  try {
    const mail = {
      id: '0d9be1c6-27c5-5f4b-9b4e-2f4e0d6bb6c1',
      to: 'ada@example.com',
      subject: 'Prüfen Sie Ihre Adresse',
      html: '<p>Grüße</p>',
      text: 'Grüße\n.\n..\n  trailing spaces  \n\n\n',
      locale: 'de',
      correlationId: 'request-1',
      date: new Date('2026-11-21T10:00:00Z'),
    };
    const signal = AbortSignal.timeout(120_000);
    const options = { mayProceed: () => true, signal, stopping: signal };
    assert.deepEqual(await mailer.send(mail, options), { kind: 'accepted' });
    return server.received[0]?.raw ?? '';
  } finally {
    mailer.close();
    await server.close();
  }
}

describe('a DKIM signature', () => {
  it('is accepted by an independent verifier, as the mail arrived', async () => {
    const raw = await sent();
    assert.match(raw, /^DKIM-Signature: /);
    assert.equal(await verdictOn(raw), 'pass');
  });

  it('covers the content and the headers that people see', async () => {
    const raw = await sent();
    const changes = [
      raw.replace('Gr=C3=BC=C3=9Fe', 'Gr=C3=BC=C3=9Fte'),
      raw.replace(/^From: .*$/m, 'From: Eve <noreply@example.com>'),
      raw.replace(/^To: .*$/m, 'To: eve@example.com'),
      raw.replace(/^Subject: .*$/m, 'Subject: Hello'),
      raw.replace(/^Date: .*$/m, 'Date: Sun, 22 Nov 2026 10:00:00 +0000'),
    ];
    for (const changed of changes) {
      assert.notEqual(changed, raw);
      assert.notEqual(await verdictOn(changed), 'pass');
    }
  });

  it('of another key is refused', async () => {
    assert.notEqual(await verdictOn(await sent(), { ...dkim, privateKey: generateDkimKey() }), 'pass');
  });
});

describe('the DNS record of a key', () => {
  it('has a name below _domainkey, and parts that DNS can carry', () => {
    const { name, type, parts } = createDkimDnsRecord(dkim);
    assert.equal(name, 'latchkey1._domainkey.example.com');
    assert.equal(type, 'TXT');
    assert.ok(parts.length > 1 && parts.every(({ length }) => length <= 255));
    assert.match(parts.join(''), /^v=DKIM1; k=rsa; p=[A-Za-z0-9+/]+=*$/);
    assert.ok(!parts.join('').includes('PRIVATE'));
  });
});

describe('a DKIM key', () => {
  it('must be an RSA key of a length that receivers accept', () => {
    const options = { type: 'pkcs8', format: 'pem' } as const;
    const curve = generateKeyPairSync('ed25519').privateKey.export(options).toString();
    const short = generateKeyPairSync('rsa', { modulusLength: 768 }).privateKey.export(options).toString();
    assert.equal(findDkimKeyFault(generateDkimKey()), undefined);
    for (const key of [curve, short, 'none', ''])
      assert.match(findDkimKeyFault(key) ?? '', /must be a private RSA key/);
  });
});
