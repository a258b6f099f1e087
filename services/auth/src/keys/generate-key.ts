/** Generates the keys of all kinds. */
import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto';
import { assertNever } from '@latchkey/events';
import { computeThumbprint, type SigningAlgorithm } from './keys.ts';

export const keyKinds = [
  'signing',
  'events',
  'sealing',
  'refresh',
  'salt',
  'webhooks',
  'bounces',
  'audit',
  'dkim',
] as const;
export type KeyKind = (typeof keyKinds)[number];

const KID_BYTES = 4;
const SECRET_BYTES = 32;
const RSA_BITS = 2048;

function randomKid(): string {
  return randomBytes(KID_BYTES).toString('hex');
}

/**
 * Returns a new key as a JWK with a `kid`. For a DKIM key, the `kid` is its selector.
 * @param algorithm the algorithm of a key that signs access tokens
 */
export function generateKey(kind: KeyKind, algorithm: SigningAlgorithm = 'ES256'): JsonWebKey {
  switch (kind) {
    case 'signing':
      return identified(() => generateSigningKeyPair(algorithm), { use: 'sig', alg: algorithm });
    case 'events':
      return identified(() => generateKeyPairSync('ed25519'), { use: 'sig', alg: 'EdDSA' });
    case 'sealing':
      return identified(() => generateKeyPairSync('x25519'), {});
    case 'refresh':
    case 'salt':
    case 'webhooks':
    case 'bounces':
    case 'audit':
      return {
        kty: 'oct',
        kid: randomKid(),
        k: randomBytes(SECRET_BYTES).toString('base64url'),
      };
    case 'dkim': {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
      return { ...privateKey.export({ format: 'jwk' }), kid: `latchkey-${randomKid()}` };
    }
    default:
      return assertNever(kind);
  }
}

function generateSigningKeyPair(algorithm: SigningAlgorithm): { readonly privateKey: KeyObject } {
  return algorithm === 'RS256'
    ? generateKeyPairSync('rsa', { modulusLength: RSA_BITS })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/**
 * Generates a key and uses its thumbprint as the `kid`. Skips thumbprints that start with a hyphen, because
 * commands would parse them as options.
 */
function identified(
  generate: () => { readonly privateKey: KeyObject },
  members: Readonly<Record<string, string>>,
): JsonWebKey {
  for (;;) {
    const made = generate().privateKey.export({ format: 'jwk' });
    const kid = computeThumbprint(made);
    if (!kid.startsWith('-')) return { ...made, kid, ...members };
  }
}
