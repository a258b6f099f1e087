import { commonSettingSchemas, createSecretKeySetting, parseSecretKeys } from '@latchkey/process';
import { z } from 'zod';

/**
 * How long the earlier secret of an endpoint may stay valid after a rotation, in hours. The API keys of
 * service clients have the same limits.
 */
export const SECRET_OVERLAP_HOURS = { default: 24, max: 24 * 90 } as const;

export const webhookSettingsSchema = z.object({
  WEBHOOKS_ALLOW_PRIVATE: commonSettingSchemas
    .flag(false)
    .describe(
      'Whether webhooks may call private addresses and this machine, even without TLS. Use this setting for development, and for networks in which every admin may reach every server.',
    ),
  WEBHOOK_SECRET_KEY: createSecretKeySetting(parseSecretKeys)
    .optional()
    .describe(
      'Required as soon as there is a webhook: 32 random bytes in base64url, or a JWKS of such keys (`oct`), newest first. The first key encrypts the secrets of webhooks. At each start, the user service encrypts secrets again with the first key if they are encrypted with another one.',
    )
    .meta({ secret: true }),
  WEBHOOKS_PAUSE_AFTER_DAYS: commonSettingSchemas
    .whole({ min: 1, max: 30, fallback: 5 })
    .describe('The number of days after which a webhook endpoint is paused if every attempt fails.'),
});
