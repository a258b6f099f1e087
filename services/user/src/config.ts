/** The settings of the user service. */
import { originSettings } from '@latchkey/http';
import { setting } from '@latchkey/process';
import { z } from 'zod';

export const userSettings = z.object({
  ...originSettings.shape,
  PUBLIC_URL: setting
    .url()
    .describe('Where the API is reached from outside; the issuer that access tokens must name.'),
  AUDIENCE: z.string().min(1).default('latchkey').describe('Whom access tokens must be for (`aud`).'),
  JWKS_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .optional()
    .describe(
      'Where auth publishes its signing keys. Default: /.well-known/jwks.json at PUBLIC_URL; standalone hands them over in the process.',
    ),
});

export type UserConfig = z.infer<typeof userSettings>;
