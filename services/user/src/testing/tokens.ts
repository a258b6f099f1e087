/** Creates access tokens like those of auth, and the keys that verify them. */
import { generateKeyPairSync } from 'node:crypto';
import { createFixedKeySource } from '@latchkey/tokens';
import jwt from 'jsonwebtoken';

export const TEST_ISSUER = 'https://id.example.com';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const testTokenKeys = createFixedKeySource({
  keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1' }],
});

/** Signs an access token for an account at sequence `seq`. */
export function signTestToken(account: string, seq: number): string {
  return jwt.sign(
    { sub: account, sid: 's1', client_id: 'latchkey', jti: 'j1', email_verified: false, role: 'user', seq },
    privateKey,
    {
      algorithm: 'ES256',
      header: { alg: 'ES256', typ: 'at+jwt', kid: 'k1' },
      issuer: TEST_ISSUER,
      audience: 'latchkey',
      expiresIn: 900,
    },
  );
}
