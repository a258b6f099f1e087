import jwt from 'jsonwebtoken';
import type { AccessTokens } from '../ports/tokens.ts';
import type { SigningKeys } from './keys.ts';

/** RFC 9068 demands a client; there is only one: whoever logs in with a password. */
const CLIENT_ID = 'latchkey';

export interface AccessTokensOptions {
  readonly keys: SigningKeys;
  /** PUBLIC_URL. */
  readonly issuer: string;
  readonly audience: string;
  readonly minutes: number;
  now(): Date;
  /** Names each token (`jti`). */
  newId(): string;
}

export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  const { kid, privateKey } = options.keys.signing;
  const header = { alg: 'ES256', typ: 'at+jwt', kid };
  const expiresIn = options.minutes * 60;
  const jwks = { keys: options.keys.published };

  return {
    jwks: () => jwks,
    issue: ({ userId, sessionId, verified, role, sequence }) => {
      const issuedAt = Math.floor(options.now().getTime() / 1000);
      const claims = {
        iss: options.issuer,
        aud: options.audience,
        sub: userId,
        sid: sessionId,
        client_id: CLIENT_ID,
        iat: issuedAt,
        exp: issuedAt + expiresIn,
        jti: options.newId(),
        email_verified: verified,
        role,
        seq: sequence,
      };
      return { accessToken: jwt.sign(claims, privateKey, { algorithm: 'ES256', header }), expiresIn };
    },
  };
}
