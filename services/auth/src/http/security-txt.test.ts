import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '@latchkey/process';
import { authSettingsSchema } from '../config.ts';
import { generateSecrets } from '../keys/secrets.ts';
import { startTestAuth } from '../testing/auth.fixture.ts';
import { formatSecurityTxt } from './security-txt.ts';

const canonical = 'https://id.example.com/.well-known/security.txt';

test('security.txt has every contact, in order, and ends after 90 days', () => {
  const contacts = ['mailto:security@example.com', 'https://example.com/report'];
  const policy = 'https://example.com/policy';
  assert.equal(
    formatSecurityTxt({ contacts, policy, canonical }, new Date('2026-11-28T21:00:00Z')),
    `Contact: mailto:security@example.com
Contact: https://example.com/report
Expires: 2027-02-26T00:00:00.000Z
Canonical: ${canonical}
Policy: https://example.com/policy
`,
  );
});

test('it is served if SECURITY_CONTACT is set', async (context) => {
  const { get } = await startTestAuth(context, {
    SECURITY_CONTACT: 'mailto:security@example.com',
    SECURITY_POLICY: 'https://example.com/policy',
  });
  const reply = await get('/.well-known/security.txt');
  assert.equal(reply.status, 200);
  assert.equal(reply.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.match(reply.text, /^Contact: mailto:security@example\.com\nExpires: \S+\nCanonical: /);
  assert.ok(reply.text.includes(`Canonical: ${canonical}\nPolicy: https://example.com/policy\n`));
});

test('it does not exist without that setting', async (context) => {
  const { get } = await startTestAuth(context);
  assert.equal((await get('/.well-known/security.txt')).status, 404);
});

test('a contact that is no URI is refused at the start', () => {
  const { SEALING_PRIVATE_KEYS: _, ...secrets } = generateSecrets();
  for (const contact of ['security@example.com', 'http://example.com', 'mailto:a@b.example\nPolicy: x'])
    assert.throws(
      () =>
        readConfig(authSettingsSchema, {
          PUBLIC_URL: 'https://id.example.com',
          ...secrets,
          SECURITY_CONTACT: contact,
        }),
      /SECURITY_CONTACT: must be a list of URIs/,
    );
});
