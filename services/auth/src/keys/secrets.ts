/** Generates the secrets of a new system. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { thumbprint } from './keys.ts';

/** Settings of the environment: those of auth, and SEALING_PRIVATE_KEYS of the notifier. */
export type Secrets = Readonly<
  Record<
    'SIGNING_KEYS' | 'SEALING_PRIVATE_KEYS' | 'SEALING_PUBLIC_KEY' | 'PASSWORD_SALT_KEY' | 'REFRESH_KEY',
    string
  >
>;

const secrets = z.strictObject({
  SIGNING_KEYS: z.string(),
  SEALING_PRIVATE_KEYS: z.string(),
  SEALING_PUBLIC_KEY: z.string(),
  PASSWORD_SALT_KEY: z.string(),
  REFRESH_KEY: z.string(),
}) satisfies z.ZodType<Secrets>;

/** Parses secrets in JSON. Returns undefined for anything else, because an error message would quote them. */
export function parseSecrets(text: string): Secrets | undefined {
  try {
    return secrets.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Generates all secrets of Latchkey, each on one line. */
export function generateSecrets(): Secrets {
  const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const { d, ...sealing } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  const kid = thumbprint(sealing);
  return {
    SIGNING_KEYS: JSON.stringify({
      keys: [{ ...signing, kid: thumbprint(signing), use: 'sig', alg: 'ES256' }],
    }),
    SEALING_PRIVATE_KEYS: JSON.stringify({ keys: [{ ...sealing, d, kid }] }),
    SEALING_PUBLIC_KEY: JSON.stringify({ ...sealing, kid }),
    PASSWORD_SALT_KEY: randomBytes(32).toString('base64url'),
    REFRESH_KEY: randomBytes(32).toString('base64url'),
  };
}
