import type { LinkPurpose } from '@latchkey/events';

/** One-time tokens of links: base64url(account id, 16 bytes ‖ secret, 32 bytes), 64 characters. */
export interface LinkTokens {
  /** A fresh token for an account. */
  mint(userId: string): string;
  /** SHA-256(purpose ‖ token), base64url: what the journal keeps. */
  hash(purpose: LinkPurpose, token: string): string;
  /** The account that a well-formed token names; anything else is undefined. */
  account(token: string): string | undefined;
}

/** Returns a keyed digest of a request's body, which may hold a password: base64url, useless without the key. */
export type BodyDigest = (body: string) => string;

/** Access tokens: JWT, ES256, RFC 9068. */
export interface AccessTokens {
  /** `expiresIn` in seconds. */
  issue(subject: {
    readonly userId: string;
    readonly sessionId: string;
    readonly verified: boolean;
    readonly role: string;
    readonly sequence: number;
  }): { readonly accessToken: string; readonly expiresIn: number };
  /** The public keys, as a JWKS. */
  jwks(): { readonly keys: readonly object[] };
}

/** Proves to have made a sign-up: `account id.expiry.MAC`, in the cookie of the browser. */
export interface SignUpTokens {
  issue(userId: string, expiresAt: Date): string;
  /** Returns the account that a genuine token names; undefined once it has expired. */
  open(token: string, now: Date): string | undefined;
}

/** Refresh tokens: `id.n.HMAC(REFRESH_KEY, id.n)`: nothing to steal from the store. */
export interface RefreshTokens {
  issue(sessionId: string, n: number): string;
  /** What a genuine token names; the MAC is compared in constant time. */
  open(token: string): { readonly sessionId: string; readonly n: number } | undefined;
}
