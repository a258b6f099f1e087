import type { PublicEventKey, SigningKeys } from '../keys/keys.ts';
import type { AccessTokenIssuer } from '../ports/tokens.ts';
import { createProfileClaims, type ProfileClaimMapping } from './access-claims.ts';
import { createJwtSigner } from './jwt-signer.ts';

/**
 * The client id in every access token, which RFC 9068 requires. It is constant, because Latchkey has only one
 * client: its own login with a password.
 */
const CLIENT_ID = 'latchkey';

export interface AccessTokenIssuerOptions {
  readonly keys: SigningKeys;
  /** The public keys for verifying events, which are published in the same JWKS. */
  readonly eventKeys: readonly PublicEventKey[];
  /** The value of the claim `iss`: the setting PUBLIC_URL. */
  readonly issuer: string;
  readonly audience: string;
  readonly minutes: number;
  /** The value of the header `typ`: `at+jwt` (RFC 9068) or `JWT`. Default: `at+jwt`. */
  readonly type?: 'at+jwt' | 'JWT';
  /** Maps a role to the claim `scope` of verified accounts with this role. Default: no scopes. */
  readonly scopes?: Readonly<Record<string, string>>;
  /** Additional claims that are taken from the profile. Default: none. */
  readonly extraClaims?: ProfileClaimMapping;
  now(): Date;
  /** Returns a new id for an access token, for the claim `jti`. */
  newId(): string;
}

/** Creates the issuer of access tokens. */
export function createAccessTokenIssuer(options: AccessTokenIssuerOptions): AccessTokenIssuer {
  const { kid, alg, privateKey } = options.keys.signing;
  const sign = createJwtSigner({ alg, typ: options.type ?? 'at+jwt', kid }, privateKey);
  const expiresIn = options.minutes * 60;
  const { scopes = {}, extraClaims = {} } = options;
  const jwks = { keys: [...options.keys.published, ...options.eventKeys] };

  return {
    algorithms: [...new Set(options.keys.published.map((key) => key.alg))],
    jwks: () => jwks,
    issue: ({ userId, sessionId, verified, role, sequence, profile = {} }) => {
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
        ...(verified && scopes[role] !== undefined && { scope: scopes[role] }),
        ...createProfileClaims(extraClaims, profile),
      };
      return { accessToken: sign(claims), expiresIn };
    },
  };
}
