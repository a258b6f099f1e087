import jwt from 'jsonwebtoken';
import type { SigningKeys } from '../keys/keys.ts';
import type { AccessTokens } from '../ports/tokens.ts';

/** RFC 9068 requires a client id. There is one client: password login. */
const CLIENT_ID = 'latchkey';

export interface AccessTokensOptions {
  readonly keys: SigningKeys;
  /** PUBLIC_URL. */
  readonly issuer: string;
  readonly audience: string;
  readonly minutes: number;
  now(): Date;
  /** Returns the id of a token (`jti`). */
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
