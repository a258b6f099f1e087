import { errors, type JWTHeaderParameters, jwtVerify } from 'jose';
import { z } from 'zod';
import type { KeySource } from './key-source.ts';
import { cacheVerifiedTokens } from './verified-tokens.ts';

const CLOCK_SKEW_SECONDS = 60;
/** Matches the compact form of a JWS (RFC 7515, 7.1). jose would also accept padding and white space. */
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * The types of access tokens, in the form that RFC 7515, section 4.1.9 compares. auth issues `at+jwt` (RFC
 * 9068) or `JWT`, as its setting ACCESS_TOKEN_TYPE says. Both are always accepted, so that tokens that were
 * issued before a change of the setting remain valid. This is safe because the keys that verify access tokens
 * sign nothing else.
 */
const TOKEN_TYPES: readonly string[] = ['application/at+jwt', 'application/jwt'];

/**
 * The algorithms of the keys that sign access tokens. Each key verifies only one of them: the one that its JWK
 * names, or that fits its type. HMAC must never be added, because an attacker could then sign with a public key
 * as the secret.
 */
const ALGORITHMS: string[] = ['ES256', 'RS256'];

const seconds = z.number().int().nonnegative();

const claimsSchema = z.object({
  iss: z.string(),
  aud: z.string(),
  sub: z.uuid(),
  sid: z.string().min(1),
  client_id: z.string().min(1),
  iat: seconds,
  exp: seconds,
  jti: z.string().min(1),
  email_verified: z.boolean(),
  role: z.string().min(1),
  seq: z.number().int().nonnegative(),
  scope: z.string().optional(),
});

/** The claims of an access token. */
export interface AccessClaims {
  readonly iss: string;
  readonly aud: string;
  /** The id of the account. */
  readonly sub: string;
  /** The id of the session. */
  readonly sid: string;
  readonly client_id: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly email_verified: boolean;
  readonly role: string;
  /**
   * The account's sequence when the token was issued. The token is revoked if `seq` is lower than the
   * sequence of the account's last SessionsRevoked event.
   */
  readonly seq: number;
  /** What the caller may do, as scopes separated by spaces. The setting ROLE_SCOPES gives each role its scopes. */
  readonly scope?: string | undefined;
}

/**
 * Verifies an access token, and returns its claims. Returns undefined if the token is invalid for any reason.
 * @throws KeysUnavailable if the keys cannot be fetched
 */
export type VerifyToken = (token: string) => Promise<AccessClaims | undefined>;

/** Why a token with a valid signature was refused: its issuer or audience differs from the expected one. */
export interface ClaimMismatch {
  readonly claim: 'iss' | 'aud';
  /** The value that the claim has in the token. */
  readonly actual: string;
}

/**
 * Creates a verifier of access tokens that follow the JWT profile of RFC 9068: signed with the algorithm
 * of their key (ES256 or RS256), with a `kid` and the `typ` `at+jwt` or `JWT`. Tolerates 60 s of clock skew.
 * Valid tokens are cached for up to a minute, so that the signature of a token is not verified for each of its
 * requests.
 */
export function createTokenVerifier(options: {
  readonly keys: KeySource;
  readonly issuer: string;
  readonly audience: string;
  now(): Date;
  /** Called if a token is refused although its signature is valid, because it is for another issuer or audience. */
  onMismatch?(mismatch: ClaimMismatch): void;
}): VerifyToken {
  const { keys, issuer, audience, now, onMismatch } = options;
  return cacheVerifiedTokens(verify, now);

  /** Finds the key of a token, unless the header of the token shows that it is no access token. */
  function findKey(...[header, jws]: Parameters<KeySource>): ReturnType<KeySource> {
    if (!isAccessTokenHeader(header)) throw new errors.JWTInvalid('not the header of an access token');
    return keys(header, jws);
  }

  async function verify(token: string): Promise<AccessClaims | undefined> {
    if (!COMPACT_JWS.test(token)) return undefined;
    try {
      const { payload } = await jwtVerify(token, findKey, {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        clockTolerance: CLOCK_SKEW_SECONDS,
        currentDate: now(),
      });
      return claimsSchema.safeParse(payload).data;
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      const mismatch = findMismatch(error);
      if (mismatch !== undefined) onMismatch?.(mismatch);
      return undefined;
    }
  }
}

/**
 * Returns whether a header has the type of an access token and a key id. Without the check of the key id, jose
 * would accept a token without a key id if the JWKS contains only one key, and use this key.
 */
function isAccessTokenHeader({ typ, kid }: JWTHeaderParameters): boolean {
  if (typeof typ !== 'string' || typeof kid !== 'string') return false;
  const type = typ.toLowerCase();
  return TOKEN_TYPES.includes(type.includes('/') ? type : `application/${type}`);
}

/**
 * Returns the claim whose value made jose refuse a token; undefined if jose refused the token for another
 * reason. The signature of the token is valid, because jose checks claims only after the signature.
 */
function findMismatch(error: errors.JOSEError): ClaimMismatch | undefined {
  if (!(error instanceof errors.JWTClaimValidationFailed) || error.reason !== 'check_failed')
    return undefined;
  const { claim, payload } = error;
  return claim === 'iss' || claim === 'aud' ? { claim, actual: String(payload[claim]) } : undefined;
}
