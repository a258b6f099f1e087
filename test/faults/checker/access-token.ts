import type { HistoryLine } from '../run-folder.ts';

/** The claims of an access token (docs/api.md), read without verifying its signature. */
export interface AccessTokenClaims {
  /** The id of the account for which the token was issued. */
  readonly sub: string;
  /** The id of the session for which the token was issued. */
  readonly sid: string;
  /** The sequence of the account at the time when the token was issued. */
  readonly seq: number;
  /** The time at which the token expires, in seconds since 1970. */
  readonly exp: number;
}

/** Returns the claims of an access token, without verifying it; undefined if the value is not a token. */
export function decodeTokenClaims(token: unknown): AccessTokenClaims | undefined {
  if (typeof token !== 'string') return undefined;
  const [, payload = ''] = token.split('.');
  try {
    const claims: AccessTokenClaims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return claims;
  } catch {
    return undefined;
  }
}

/** The maximum difference between the clock of a process and the checker's clock, in ms. */
const EXPIRY_SLACK_MS = 60_000;

/**
 * Returns whether the access token of a command may have expired before the response; true if the command has no token.
 */
export function mayAccessTokenHaveExpired({
  accessToken,
  answeredAt,
}: Pick<HistoryLine, 'accessToken' | 'answeredAt'>): boolean {
  const { exp = 0 } = decodeTokenClaims(accessToken) ?? {};
  return exp * 1000 < Date.parse(answeredAt ?? '') + EXPIRY_SLACK_MS;
}
