import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError, describeSettings, readConfig } from '@latchkey/process';
import { type AuthConfig, authSettingsSchema, createRateLimitRules } from './config.ts';
import { generateSecrets } from './keys/secrets.ts';

const secrets = generateSecrets();
const minimal = { ...secrets, PUBLIC_URL: 'https://id.example.com' };

function read(environment: Record<string, string | undefined> = {}): AuthConfig {
  return readConfig(authSettingsSchema, { ...minimal, ...environment });
}

function faultsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    read(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
  assert.fail('no fault was found');
}

function namesOf(faults: readonly string[]): readonly string[] {
  return faults.map((fault) => fault.split(':')[0] ?? '');
}

describe('the settings of auth', () => {
  test('need an address and keys, nothing else', () => {
    const config = read();
    assert.equal(config.LATCHKEY_ENV, 'production');
    assert.equal(config.ACCESS_TOKEN_MINUTES, 15);
    assert.equal(config.ACCESS_TOKEN_TYPE, 'at+jwt');
    assert.equal(config.REFRESH_TOKEN_DAYS, 30);
    assert.equal(config.RESET_TOKEN_EXPIRATION_MINUTES, 60);
    assert.equal(config.VERIFICATION_TOKEN_EXPIRATION_MINUTES, 1440);
    assert.equal(config.AUDIENCE, 'latchkey');
    assert.equal(config.SIGNUP_REVEALS_EXISTING, false);
    assert.equal(config.LIMITS, true);
    assert.equal(config.REFRESH_KEY[0].bytes.toString('base64url'), secrets.REFRESH_KEY);
  });

  test('give scopes to roles that there are', () => {
    const { ROLE_SCOPES } = read({ ROLE_SCOPES: 'user=books:read,admin=books:read+books:write' });
    assert.deepEqual(ROLE_SCOPES, { user: 'books:read', admin: 'books:read books:write' });
    const fault =
      'ROLE_SCOPES: must be a list of role=scopes, each role once, with scopes joined by + and the roles user, admin';
    for (const wrong of [
      'superuser=books',
      'user=books read',
      'user',
      'user=a++b',
      'user=+',
      'user=b"c',
      'user=a,user=b',
    ])
      assert.deepEqual(faultsOf({ ROLE_SCOPES: wrong }), [fault], wrong);
  });

  test('read the cookie of release 0.1 until a given day, and by default never', () => {
    assert.equal(read().FORMER_REFRESH_COOKIE_UNTIL, undefined);
    const { FORMER_REFRESH_COOKIE_UNTIL: until } = read({ FORMER_REFRESH_COOKIE_UNTIL: '2027-01-31' });
    assert.equal(until, '2027-01-31');
    for (const wrong of ['true', '2027-02-30', '2027-01-31T00:00:00Z', '31.1.2027'])
      assert.deepEqual(
        faultsOf({ FORMER_REFRESH_COOKIE_UNTIL: wrong }),
        ['FORMER_REFRESH_COOKIE_UNTIL: must be a date like 2027-01-31'],
        wrong,
      );
  });

  test('name each consumer that confirms erasures once', () => {
    assert.deepEqual(read({ ERASURE_CONSUMERS: 'books, search' }).ERASURE_CONSUMERS, ['books', 'search']);
    assert.deepEqual(faultsOf({ ERASURE_CONSUMERS: 'books,search,books' }), [
      'ERASURE_CONSUMERS: must name each consumer once',
    ]);
  });

  test('that are missing are all named at once', () => {
    assert.throws(
      () => readConfig(authSettingsSchema, {}),
      (error) => {
        assert.ok(error instanceof ConfigError);
        const missing = [
          'PUBLIC_URL',
          'SIGNING_KEYS',
          'EVENT_SIGNING_KEYS',
          'SEALING_PUBLIC_KEY',
          'PASSWORD_SALT_KEY',
          'REFRESH_KEY',
        ];
        assert.deepEqual(error.faults.toSorted(), missing.map((name) => `${name}: is required`).toSorted());
        return true;
      },
    );
  });

  test('that are wrong, or contradict each other, are all named at once and not shown', () => {
    const wrong = {
      LATCHKEY_ENV: 'prod',
      PUBLIC_URL: 'ftp://sesame',
      FRONTEND_URL: 'sesame',
      CORS_ORIGINS: 'https://app.example.com/path',
      VERIFICATION_TOKEN_EXPIRATION_MINUTES: '0',
      RESET_TOKEN_EXPIRATION_MINUTES: '-1',
      ACCESS_TOKEN_MINUTES: '1.5',
      REFRESH_TOKEN_DAYS: 'sesame',
      SIGNUP_REVEALS_EXISTING: 'perhaps',
      LIMITS: 'some',
      LIMIT_LOGIN_FAILURES_PER_ADDRESS: '0',
      LIMIT_LOGIN_FAILURES_PER_IP: '-1',
      LIMIT_MAIL_REQUESTS_PER_IP: '1e3',
      LIMIT_MAILS_PER_ADDRESS: 'three',
      LIMIT_MAILS_PER_ADDRESS_AND_DAY: '0',
      LIMIT_SIGNUPS_PER_IP: '0',
      LIMIT_MAILING_RECIPIENTS: '1000001',
      HASH_CONCURRENCY: '1000',
      SIGNING_KEYS: secrets.SEALING_PRIVATE_KEYS,
      EVENT_SIGNING_KEYS: secrets.SEALING_PRIVATE_KEYS,
      SEALING_PUBLIC_KEY: 'sesame',
      PASSWORD_SALT_KEY: 'sesame',
      REFRESH_KEY: 'sesame',
    };
    const faults = faultsOf(wrong);
    assert.deepEqual(namesOf(faults).toSorted(), Object.keys(wrong).toSorted());
    assert.doesNotMatch(faults.join('\n'), /sesame/);
  });

  test('demand https and limits in production, and report every other fault as well', () => {
    const faults = faultsOf({
      PUBLIC_URL: 'http://id.example.com',
      LIMITS: 'off',
      AUDIENCE: 'x'.repeat(201),
    });
    assert.deepEqual(namesOf(faults).toSorted(), ['AUDIENCE', 'LIMITS', 'PUBLIC_URL']);
    const config = read({ LATCHKEY_ENV: 'development', PUBLIC_URL: 'http://localhost:8080', LIMITS: 'off' });
    assert.equal(config.LIMITS, false);
  });

  test('take a PUBLIC_URL with a path and without the slash behind it, and no query', () => {
    assert.equal(read({ PUBLIC_URL: 'https://example.com/id/' }).PUBLIC_URL, 'https://example.com/id');
    assert.deepEqual(namesOf(faultsOf({ PUBLIC_URL: 'https://example.com/?a=b' })), ['PUBLIC_URL']);
    assert.deepEqual(namesOf(faultsOf({ PUBLIC_URL: 'https://example.com/#a' })), ['PUBLIC_URL']);
  });

  test('are all described, and secrets are marked', () => {
    const described = describeSettings(authSettingsSchema);
    for (const { name, description } of described) assert.notEqual(description, '', name);
    const secret = described.filter((one) => one.secret).map(({ name }) => name);
    assert.deepEqual(secret, [
      'AUDIT_IP_KEY',
      'SIGNING_KEYS',
      'EVENT_SIGNING_KEYS',
      'PASSWORD_SALT_KEY',
      'REFRESH_KEY',
    ]);
    const required = described.filter((one) => one.required).map(({ name }) => name);
    assert.deepEqual(required.toSorted(), [
      'EVENT_SIGNING_KEYS',
      'PASSWORD_SALT_KEY',
      'PUBLIC_URL',
      'REFRESH_KEY',
      'SEALING_PUBLIC_KEY',
      'SIGNING_KEYS',
    ]);
    assert.equal(described.find(({ name }) => name === 'REFRESH_TOKEN_DAYS')?.default, '30');
  });
});

test('an HMAC of the IP needs its key, in development too', () => {
  assert.throws(() => read({ AUDIT_IP: 'hmac' }), /AUDIT_IP_KEY: is required with AUDIT_IP=hmac/);
});

describe('the limits', () => {
  test('are those of the API page by default', () => {
    assert.deepEqual(createRateLimitRules(read()), {
      'login-address': { points: 10, seconds: 900 },
      'login-ip': { points: 100, seconds: 900 },
      'lockout-notice': { points: 1, seconds: 86_400 },
      'mail-ip': { points: 30, seconds: 3600 },
      'mail-network-hour': { points: 3, seconds: 3600 },
      'mail-network-day': { points: 10, seconds: 86_400 },
      'mail-address-day': { points: 30, seconds: 86_400 },
      'signup-ip': { points: 20, seconds: 3600 },
      'login-account': { points: 100, seconds: 3600 },
      'notice-account': { points: 10, seconds: 86_400 },
      'logout-all-account': { points: 30, seconds: 3600 },
      'password-change-account': { points: 30, seconds: 86_400 },
      'erasure-account': { points: 10, seconds: 86_400 },
      'profile-account': { points: 30, seconds: 3600 },
      'email-change-account': { points: 10, seconds: 86_400 },
      'export-account': { points: 10, seconds: 86_400 },
      'mailing-admin': { points: 1000, seconds: 86_400 },
    });
  });

  test('let more sign up in development, unless told otherwise', () => {
    const development = { LATCHKEY_ENV: 'development' };
    assert.equal(createRateLimitRules(read(development))['signup-ip'].points, 1000);
    assert.equal(
      createRateLimitRules(read({ ...development, LIMIT_SIGNUPS_PER_IP: '7' }))['signup-ip'].points,
      7,
    );
  });
});
