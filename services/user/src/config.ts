/** The settings of the user service. */
import { z } from 'zod';

const baseUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
  .transform((url) => url.replace(/\/+$/, ''));

export const settings = z.object({
  PUBLIC_URL: baseUrl.describe('Where clients reach Latchkey; the issuer of its access tokens'),
  AUDIENCE: z.string().min(1).default('latchkey').describe('The audience of access tokens'),
  JWKS_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .optional()
    .describe('Where auth publishes its signing keys; by default /.well-known/jwks.json at PUBLIC_URL'),
});

export type UserConfig = z.infer<typeof settings>;
