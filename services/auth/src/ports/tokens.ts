import type { LinkPurpose } from '@latchkey/events';

/**
 * One-time tokens in mailed links. A token is the base64url form of the account id (16 bytes) and a secret
 * (32 bytes), which makes 64 characters.
 */
export interface LinkTokenCodec {
  /** Creates a new link token for an account. */
  mint(userId: string): string;
  /**
   * Returns SHA-256(purpose ‖ token) in base64url. Only this hash of a token is stored in the journal, never
   * the token.
   */
  hash(purpose: LinkPurpose, token: string): string;
  /** Returns the account id that a link token contains; undefined if the token is malformed. */
  account(token: string): string | undefined;
}

/**
 * Returns a keyed digest of a request body, in base64url. Because the digest is keyed, it reveals nothing
 * about a password in the body.
 */
export type ComputeBodyDigest = (body: string) => string;

/** The profile fields that access tokens can contain as claims. */
export type TokenProfile = Readonly<
  Partial<Record<'email' | 'username' | 'firstName' | 'lastName' | 'locale', string | undefined>>
>;

/** Issues access tokens (JWT, RFC 9068), and provides the public keys for verifying them. */
export interface AccessTokenIssuer {
  /** Issues an access token. @returns the token, and its lifetime `expiresIn` in seconds */
  issue(subject: {
    readonly userId: string;
    readonly sessionId: string;
    readonly verified: boolean;
    readonly role: string;
    readonly sequence: number;
    /** The profile of the account, from which additional claims are taken as configured. */
    readonly profile?: TokenProfile;
  }): { readonly accessToken: string; readonly expiresIn: number };
  /**
   * The algorithms (`alg`) of the keys that verify access tokens, each once: the algorithm of new tokens first,
   * then those of earlier or later tokens.
   */
  readonly algorithms: readonly string[];
  /** Returns the public keys for verifying access tokens as a JSON Web Key Set. */
  jwks(): { readonly keys: readonly object[] };
}

/**
 * Issues and checks the tokens with which a browser proves that it made a sign-up. A token has the form
 * `account id.expiry.MAC`, and is stored in a cookie.
 */
export interface SignUpTokenIssuer {
  issue(userId: string, expiresAt: Date): string;
  /** Returns the account id in a sign-up token; undefined if the token is forged or has expired. */
  open(token: string, now: Date): string | undefined;
}

/**
 * Issues and checks refresh tokens of the form `id.n.HMAC(REFRESH_KEY, id.n)`. The store keeps `id` and `n`
 * but no token, so no token can be stolen from it.
 */
export interface RefreshTokenIssuer {
  /** The id of the key that signs new refresh tokens; undefined if that key has no id. */
  readonly kid?: string;
  issue(sessionId: string, n: number): string;
  /**
   * Returns the session id and number in a refresh token; undefined if the token is forged. Compares the MAC
   * in constant time.
   */
  open(token: string): { readonly sessionId: string; readonly n: number } | undefined;
}
