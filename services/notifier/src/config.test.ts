import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, readConfig } from '@latchkey/process';
import { notifierSettings } from './config.ts';
import { createSealingKey } from './testing/events.ts';

const { jwk } = await createSealingKey();

const complete = {
  PUBLIC_URL: 'https://accounts.example.com',
  MAIL_SERVER: 'smtp.example.com',
  MAIL_USERNAME: 'mailer',
  MAIL_PASSWORD: 'right',
  MAIL_FROM: 'noreply@example.com',
  SEALING_PRIVATE_KEYS: JSON.stringify({ keys: [jwk] }),
};

function faultsOf(settings: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(notifierSettings, { ...complete, ...settings });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
}

describe('the notifier’s settings', () => {
  it('demand TLS, credentials and a valid certificate unless told otherwise', () => {
    const config = readConfig(notifierSettings, complete);
    assert.equal(config.MAIL_PORT, 587);
    assert.equal(config.MAIL_STARTTLS, undefined);
    assert.equal(config.MAIL_SSL_TLS, false);
    assert.equal(config.USE_CREDENTIALS, true);
    assert.equal(config.VALIDATE_CERTS, true);
    assert.equal(config.MAIL_FROM_NAME, 'Latchkey');
  });

  it('tell contradictions together with what is wrong by itself', () => {
    const faults = faultsOf({
      MAIL_PORT: 'many',
      MAIL_SERVER: '',
      PUBLIC_URL: 'http://accounts.example.com',
    });
    assert.deepEqual(faults.map((fault) => fault.split(':')[0]).sort(), [
      'MAIL_PORT',
      'MAIL_SERVER',
      'PUBLIC_URL',
    ]);
    assert.doesNotThrow(() => faultsOf({ PUBLIC_URL: undefined }));
  });

  for (const [wrong, settings, named] of [
    ['a lease that ends before a try', { MAIL_LEASE_SECONDS: '60' }, 'MAIL_LEASE_SECONDS'],
    ['STARTTLS together with TLS', { MAIL_STARTTLS: 'true', MAIL_SSL_TLS: 'true' }, 'MAIL_STARTTLS'],
    ['credentials that are wanted and missing', { MAIL_PASSWORD: '' }, 'MAIL_PASSWORD'],
    ['no mail server in production', { MAIL_SERVER: '' }, 'MAIL_SERVER'],
    ['a plain PUBLIC_URL in production', { PUBLIC_URL: 'http://accounts.example.com' }, 'PUBLIC_URL'],
    ['no sender', { MAIL_FROM: '' }, 'MAIL_FROM'],
    ['a link template without a token', { VERIFY_LINK: 'https://app.example.com/' }, 'VERIFY_LINK'],
    ['a sender’s name over two lines', { MAIL_FROM_NAME: 'a\r\nBcc: b' }, 'MAIL_FROM_NAME'],
    ['a key that is none', { SEALING_PRIVATE_KEYS: '{"keys":[]}' }, 'SEALING_PRIVATE_KEYS'],
    ['a flag that is none', { MAIL_STARTTLS: 'perhaps' }, 'MAIL_STARTTLS'],
  ] as const) {
    it(`refuse ${wrong}, by name`, () => {
      const faults = faultsOf(settings);
      assert.equal(faults.length, 1);
      assert.ok(faults[0]?.startsWith(`${named}: `), faults[0]);
    });
  }

  it('need no credentials where none are used, and no mail server in development', () => {
    assert.deepEqual(faultsOf({ USE_CREDENTIALS: 'false', MAIL_USERNAME: '', MAIL_PASSWORD: '' }), []);
    assert.deepEqual(faultsOf({ LATCHKEY_ENV: 'development', MAIL_SERVER: '', MAIL_FROM: '' }), []);
  });
});
