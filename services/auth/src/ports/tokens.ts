import type { LinkPurpose } from '@latchkey/events';

/** One-time tokens of links: base64url(account id, 16 bytes ‖ secret, 32 bytes), 64 characters. */
export interface LinkTokens {
  /** Returns a fresh token for an account. */
  mint(userId: string): string;
  /** Returns SHA-256(purpose ‖ token) in base64url, which the journal keeps. */
  hash(purpose: LinkPurpose, token: string): string;
  /** Returns the id of the account in a well-formed token; undefined for anything else. */
  account(token: string): string | undefined;
}

/**
 * Returns a keyed digest of a request's body, in base64url. The body may contain a password; without the key, the
 * digest reveals nothing about it.
 */
export type BodyDigest = (body: string) => string;

/** The fields of a profile that can be used as claims. */
export type TokenProfile = Readonly<
  Partial<Record<'email' | 'username' | 'firstName' | 'lastName' | 'locale', string | undefined>>
>;

/** Issues access tokens (JWT, ES256, RFC 9068), and returns the keys with which others verify them. */
export interface AccessTokens {
  /** Issues an access token. @returns the token, and `expiresIn` in seconds */
  issue(subject: {
    readonly userId: string;
    readonly sessionId: string;
    readonly verified: boolean;
    readonly role: string;
    readonly sequence: number;
    /** The profile from which the configured claims are taken. */
    readonly profile?: TokenProfile;
  }): { readonly accessToken: string; readonly expiresIn: number };
  /** The public keys, as a JWKS. */
  jwks(): { readonly keys: readonly object[] };
}

/**
 * Tokens by which a browser proves that it made a sign-up: `account id.expiry.MAC`, stored in a cookie of the
 * browser.
 */
export interface SignUpTokens {
  issue(userId: string, expiresAt: Date): string;
  /** Returns the id of the account in a genuine token; undefined for a forged or expired one. */
  open(token: string, now: Date): string | undefined;
}

/** Refresh tokens: `id.n.HMAC(REFRESH_KEY, id.n)`. The store contains no token that could be stolen. */
export interface RefreshTokens {
  /** The id of the key that signs; undefined if that key has no id. */
  readonly kid?: string;
  issue(sessionId: string, n: number): string;
  /** Returns the content of a genuine token. The MAC is compared in constant time. */
  open(token: string): { readonly sessionId: string; readonly n: number } | undefined;
}
