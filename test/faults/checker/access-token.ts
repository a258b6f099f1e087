import type { CommandLine } from '../run-folder.ts';

/** The claims of an access token (docs/api.md), read without a check of its signature. */
export interface Claims {
  /** The account. */
  readonly sub: string;
  /** The session. */
  readonly sid: string;
  /** The sequence of the account when it was issued. */
  readonly seq: number;
  /** When it expires, in seconds since 1970. */
  readonly exp: number;
}

/** Returns undefined for a text that is no token. */
export function claimsOf(token: unknown): Claims | undefined {
  if (typeof token !== 'string') return undefined;
  const [, payload = ''] = token.split('.');
  try {
    const claims: Claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return claims;
  } catch {
    return undefined;
  }
}

/** Clocks of processes may differ from ours by this much, in ms. */
const EXPIRY_SLACK_MS = 60_000;

/** Returns whether the token of a command can have expired before the answer. One without a token has. */
export function mayBeExpired({
  accessToken,
  answeredAt,
}: Pick<CommandLine, 'accessToken' | 'answeredAt'>): boolean {
  const { exp = 0 } = claimsOf(accessToken) ?? {};
  return exp * 1000 < Date.parse(answeredAt ?? '') + EXPIRY_SLACK_MS;
}
