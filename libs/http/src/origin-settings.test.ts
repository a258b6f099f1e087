import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { commonSettingSchemas, readConfig } from '@latchkey/process';
import { areSameSite, createOriginCheck, originSettings } from './origin-settings.ts';

const settings = originSettings.extend({ PUBLIC_URL: commonSettingSchemas.url() });
function read(environment: Record<string, string>) {
  return readConfig(settings, { PUBLIC_URL: 'https://id.example.com', ...environment });
}

describe('a page may call', () => {
  function allowed(origin: string, environment: Record<string, string>): boolean {
    return createOriginCheck(read(environment))(origin);
  }

  test('from our own origin and that of the client app', () => {
    const environment = {
      PUBLIC_URL: 'https://example.com/id',
      FRONTEND_URL: 'https://app.example.com/start',
    };
    assert.ok(allowed('https://example.com', environment));
    assert.ok(allowed('https://app.example.com', environment));
    assert.ok(!allowed('https://app.example.com.evil.example', environment));
    assert.ok(!allowed('http://localhost:3000', environment));
    assert.ok(!allowed('null', environment));
  });

  test('from the listed origins instead', () => {
    const environment = {
      FRONTEND_URL: 'https://app.example.com',
      CORS_ORIGINS: 'https://a.example, https://b.example:8443',
    };
    assert.ok(allowed('https://a.example', environment));
    assert.ok(allowed('https://b.example:8443', environment));
    assert.ok(!allowed('https://b.example', environment));
    assert.ok(!allowed('https://app.example.com', environment));
  });

  test('from any port of this machine in development', () => {
    const environment = { LATCHKEY_ENV: 'development' };
    for (const origin of [
      'http://localhost:3000',
      'http://localhost',
      'http://127.0.0.1:5173',
      'http://[::1]:80',
    ]) {
      assert.ok(allowed(origin, environment), origin);
    }
    for (const origin of [
      'http://localhost.evil.example',
      'http://localhost:3000.evil.example',
      'https://evil.example',
    ]) {
      assert.ok(!allowed(origin, environment), origin);
    }
  });
});

test('two URLs are one site if scheme and registrable domain are the same', () => {
  const cases: readonly (readonly [one: string, other: string, same: boolean])[] = [
    ['https://app.example.com', 'https://id.example.com:8443', true],
    ['https://example.com', 'https://id.example.com', true],
    ['http://app.example.com', 'https://id.example.com', false],
    ['https://example.com', 'https://example.org', false],
    ['https://one.co.uk', 'https://two.co.uk', false],
    ['https://one.github.io', 'https://two.github.io', false],
    ['http://localhost:5173', 'http://localhost:8080', true],
    ['http://127.0.0.1:1', 'http://127.0.0.2:1', false],
  ];
  for (const [one, other, same] of cases) assert.equal(areSameSite(one, other), same, `${one} ${other}`);
});
