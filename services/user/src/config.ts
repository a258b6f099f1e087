/** The settings of the user service. */

import { eventSignaturesSetting } from '@latchkey/backend';
import { originSettings } from '@latchkey/http';
import { commonSettingSchemas } from '@latchkey/process';
import { webhookSettingsSchema } from '@latchkey/webhooks';
import { z } from 'zod';

export const userSettingsSchema = z.object({
  ...originSettings.shape,
  ...webhookSettingsSchema.shape,
  PUBLIC_URL: commonSettingSchemas
    .url()
    .describe('The public URL of the API; the issuer that access tokens must name.'),
  AUDIENCE: z
    .string()
    .min(1)
    .default('latchkey')
    .describe('The audience that access tokens must name (`aud`).'),
  EVENT_SIGNATURES: eventSignaturesSetting,
  JWKS_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .optional()
    .describe(
      'The URL where auth publishes the keys that verify its tokens and events. Default: /.well-known/jwks.json at PUBLIC_URL; in a standalone, auth passes the keys to the other services directly.',
    ),
});

export type UserServiceConfig = z.infer<typeof userSettingsSchema>;
