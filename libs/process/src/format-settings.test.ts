import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { commonSettingSchemas } from './config.ts';
import { formatSettingsWithoutSecrets } from './format-settings.ts';

const key = z.string().transform((text) => ({ kty: 'oct', k: text }));

test('settings are shown as they are written, but of a secret and of a key only that it is set', () => {
  const schema = z.object({
    PUBLIC_URL: commonSettingSchemas.url(),
    LIMITS: commonSettingSchemas.flag(true),
    SECONDS: commonSettingSchemas.whole({ min: 1, max: 9, fallback: 5 }),
    PROXIES: commonSettingSchemas.list(),
    SCOPES: commonSettingSchemas.pairs().transform(({ user = '' }) => ({ user, admin: 'all' })),
    COSTS: z
      .string()
      .transform((text) => text.split(',').map((cost) => ({ memory: Number(cost), passes: 2 })))
      .meta({ printable: true }),
    ABSENT: z.string().optional(),
    KEY: key,
    PASSWORD: z.string().meta({ secret: true }),
    SECRET_PAIRS: commonSettingSchemas.pairs().meta({ secret: true }),
  });
  const config = schema.parse({
    PUBLIC_URL: 'https://id.example.com',
    PROXIES: '10.0.0.0/8, ::1',
    SCOPES: 'user=books:read',
    COSTS: '65536,19456',
    KEY: 'sesame',
    PASSWORD: 'sesame',
    SECRET_PAIRS: 'open=sesame',
  });
  assert.deepEqual(formatSettingsWithoutSecrets(schema, config), {
    PUBLIC_URL: 'https://id.example.com',
    LIMITS: 'true',
    SECONDS: '5',
    PROXIES: '10.0.0.0/8,::1',
    SCOPES: 'user=books:read,admin=all',
    COSTS: '65536:2,19456:2',
    KEY: '(set)',
    PASSWORD: '(set)',
    SECRET_PAIRS: '(set)',
  });
});
