/** Generates keys. */
import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto';
import { assertNever } from '@latchkey/events';
import { thumbprint } from './keys.ts';

export const keyKinds = ['signing', 'events', 'sealing', 'refresh', 'salt', 'webhooks'] as const;
export type KeyKind = (typeof keyKinds)[number];

const KID_BYTES = 4;
const SECRET_BYTES = 32;

/** Returns a new key as a JWK, with an id. */
export function makeKey(kind: KeyKind): JsonWebKey {
  switch (kind) {
    case 'signing':
      return identified(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }), {
        use: 'sig',
        alg: 'ES256',
      });
    case 'events':
      return identified(() => generateKeyPairSync('ed25519'), { use: 'sig', alg: 'EdDSA' });
    case 'sealing':
      return identified(() => generateKeyPairSync('x25519'), {});
    case 'refresh':
    case 'salt':
    case 'webhooks':
      return {
        kty: 'oct',
        kid: randomBytes(KID_BYTES).toString('hex'),
        k: randomBytes(SECRET_BYTES).toString('base64url'),
      };
    default:
      return assertNever(kind);
  }
}

/** Generates a key whose thumbprint does not begin with a hyphen, because commands would take that for an option. */
function identified(
  generate: () => { readonly privateKey: KeyObject },
  members: Readonly<Record<string, string>>,
): JsonWebKey {
  for (;;) {
    const made = generate().privateKey.export({ format: 'jwk' });
    const kid = thumbprint(made);
    if (!kid.startsWith('-')) return { ...made, kid, ...members };
  }
}
