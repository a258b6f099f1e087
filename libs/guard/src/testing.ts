/** `@latchkey/guard/testing`: signs access tokens for tests of a guarded service. */
import { randomUUID } from 'node:crypto';
import { createFixedKeySource } from '@latchkey/tokens';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { GuardOptions } from './guard.ts';
import type { RevocationCheck } from './session-status.ts';

/** What an access token for a test contains. */
export interface TestToken {
  /** The account's id, a UUID. Default: a new id. */
  readonly account?: string;
  /** The account's role. Default: `user`. */
  readonly role?: string;
  /** Whether the email address is verified. Default: true. */
  readonly verified?: boolean;
  /** The account's sequence when the token was issued. Default: 1. */
  readonly sequence?: number;
  /**
   * The lifetime of the token, in seconds. Default: 900. A token with a negative lifetime has already
   * expired.
   */
  readonly expiresInSeconds?: number;
}

/**
 * Access tokens for tests, and the options of a guard that accepts them. Created by {@link createTestTokens}.
 */
export interface TestTokens {
  /** The options to pass to `createGuard`. */
  readonly options: Required<Pick<GuardOptions, 'issuer' | 'audience' | 'keys' | 'revocations'>>;
  /** The key set as Latchkey would publish it. */
  readonly jwks: { readonly keys: readonly object[] };
  /** Creates and signs an access token for a test. */
  sign(token?: TestToken): Promise<string>;
  /**
   * Revokes the tokens of an account whose sequence is lower than `sequence`. Without `sequence`, revokes all
   * tokens of the account.
   */
  revoke(account: string, sequence?: number): void;
}

const KEY_ID = 'test';

/**
 * Creates a signing key, and tokens that a guard with the same `options` accepts.
 * @example
 * const tokens = await createTestTokens();
 * const app = createApp(createGuard(tokens.options));
 * const admin = await tokens.sign({ role: 'admin' });
 */
export async function createTestTokens(
  options: {
    readonly issuer?: string;
    readonly audience?: string;
    /** The algorithm of the signing key. Default: ES256. */
    readonly algorithm?: 'ES256' | 'RS256';
  } = {},
): Promise<TestTokens> {
  const { issuer = 'https://latchkey.test', audience = 'latchkey', algorithm: alg = 'ES256' } = options;
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg, use: 'sig' }] };
  const revokedAt = new Map<string, number>();
  const revocations: RevocationCheck = {
    sessionStatus: ({ sub, seq }) => (seq < (revokedAt.get(sub) ?? 0) ? 'revoked' : {}),
  };

  return {
    options: { issuer, audience, keys: createFixedKeySource(jwks), revocations },
    jwks,
    sign(token = {}) {
      const { account = randomUUID(), role = 'user', verified = true } = token;
      const { sequence = 1, expiresInSeconds = 900 } = token;
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ sid: 'test', client_id: audience, email_verified: verified, role, seq: sequence })
        .setProtectedHeader({ alg, typ: 'at+jwt', kid: KEY_ID })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(account)
        .setJti(randomUUID())
        .setIssuedAt(now)
        .setExpirationTime(now + expiresInSeconds)
        .sign(privateKey);
    },
    revoke(account, sequence = Number.MAX_SAFE_INTEGER) {
      revokedAt.set(account, Math.max(sequence, revokedAt.get(account) ?? 0));
    },
  };
}
