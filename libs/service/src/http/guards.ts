/**
 * Guards for routes that take an access token: whose token it is (RFC 9068), whether it still lives, and what
 * its account may do. Usable by any service: where the account's standing is known is handed in.
 */
import type { Policy } from './route.ts';
import type { ProblemSpec } from './problem.ts';

/** The claims of an access token: ES256, header `typ: at+jwt` and `kid`, 60 s of clock skew. */
export interface AccessClaims {
  readonly iss: string;
  readonly aud: string;
  /** The account id. */
  readonly sub: string;
  /** The session id. */
  readonly sid: string;
  readonly client_id: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly email_verified: boolean;
  readonly role: string;
  /** The account's sequence that the token was decided on: lower than its last SessionsRevoked is dead. */
  readonly seq: number;
}

/** Public keys by `kid`. */
export interface KeySource {
  /** @throws Problem (unavailable) if the keys cannot be fetched and none are known. */
  find(kid: string): Promise<import('node:crypto').KeyObject | undefined>;
}

/** Keys from a JWKS URL, cached; an unknown `kid` fetches again, at most once in 10 s; a failed fetch keeps the old ones. */
export declare function remoteKeys(url: string, options?: { readonly timeoutMs?: number }): KeySource;

/** Keys of a JWKS in hand. */
export declare function fixedKeys(jwks: { readonly keys: readonly object[] }): KeySource;

/** The claims of a genuine, unexpired token of ours, else undefined; never says why to the client. */
export type VerifyToken = (token: string) => Promise<AccessClaims | undefined>;

export declare function tokenVerifier(options: {
  readonly keys: KeySource;
  readonly issuer: string;
  readonly audience: string;
  now(): Date;
}): VerifyToken;

/** What is known of the account now: `dead` where the token must not be honoured any more. */
export type Standing = (
  claims: AccessClaims,
) => Promise<{ readonly verified: boolean; readonly role: string } | 'dead'>;

export interface Caller {
  readonly claims: AccessClaims;
  readonly verified: boolean;
  readonly role: string;
}

export const accountNotVerified = {
  code: 'account_not_verified',
  status: 403,
  title: 'Account Not Verified',
  resolution: 'Please check your email for verification details',
} as const satisfies ProblemSpec;

/** Each refuses with 401 and `WWW-Authenticate: Bearer …` (RFC 6750) first, then not verified, then the role. */
export interface Guards {
  readonly authenticated: Policy<Caller>;
  readonly verified: Policy<Caller>;
  withRole(role: string): Policy<Caller>;
}

export declare function guards(options: { readonly verify: VerifyToken; readonly standing: Standing }): Guards;
