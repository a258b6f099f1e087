/** Decides what to do when a client presents an old refresh token (ADR 25). */
import { toNetworkLimitKey } from '../limits/ip-key.ts';
import type { RefreshTokenResendCount, Session } from '../ports/sessions.ts';

export type RefreshTokenReuseVerdict =
  /**
   * Send the current token again: the first response may have been lost, or another browser tab refreshed
   * first.
   */
  | 'repeat'
  /**
   * End this session, but no other session of the account. The token may have been stolen: it was presented
   * too late or by another client, it is older than the previous token, or too many tokens in a row were sent
   * again to a client in another network.
   */
  | 'end-session'
  /** End every session of the account, because the token was certainly stolen. */
  | 'end-all'
  /**
   * The token is newer than the stored session: the store was restored from a backup that was made before the
   * token was issued.
   */
  | 'unknown';

export interface OldRefreshTokenUse {
  /** The number of the refresh token that the client presented. */
  readonly n: number;
  readonly now: Date;
  readonly ip: string;
  readonly userAgent: string;
  /** How long after a rotation the previous token may still be used, in minutes. */
  readonly reuseMinutes: number;
}

const MINUTE_MS = 60_000;

/** The tolerated difference between the clocks of two processes, in minutes. */
const MAX_SKEW_MINUTES = 1;

/**
 * The maximum number of refresh tokens in a row that may be sent again to a client in another network. An
 * honest client rarely needs this more often: it would have to lose a response and change its network in each
 * of several refreshes in a row. A thief who uses the same session as the owner needs it after every refresh
 * by the owner.
 */
const MAX_REPEATS_IN_A_ROW = 4;

/**
 * Decides what to do when a client presents an old refresh token.
 * - If it is the previous token, the client may have missed the response with the current token. The decision
 * then depends on the time since the rotation, the user agent, and how often tokens were sent again to
 * another network.
 * - If it is an even older token, two clients have tokens of this session, one of whom may be a thief, so the
 * session ends. If the user agent also differs from that of the last use, all sessions of the account end.
 */
export function judgeRefreshTokenReuse(
  session: Pick<Session, 'n' | 'rotatedAt' | 'ip' | 'userAgent' | 'repeats'>,
  { n, now, ip, userAgent, reuseMinutes }: OldRefreshTokenUse,
): RefreshTokenReuseVerdict {
  if (n >= session.n) return 'unknown';
  const isSameClient = userAgent === session.userAgent;
  if (n < session.n - 1) return isSameClient ? 'end-session' : 'end-all';
  // `rotatedAt` comes from the clock of another process, which may differ from ours.
  const age = now.getTime() - session.rotatedAt.getTime();
  if (age > (reuseMinutes + MAX_SKEW_MINUTES) * MINUTE_MS) return 'end-session';
  // Nobody has used the current token yet, so there may be only one client: it missed the response with the
  // current token, and its user agent has changed, for example because of an update.
  if (!isSameClient) return 'end-session';
  const repeats = countRefreshTokenResend(session, ip);
  return repeats !== undefined && repeats.inARow > MAX_REPEATS_IN_A_ROW ? 'end-session' : 'repeat';
}

/**
 * Returns the updated count after the current token of a session was sent again to a client with the IP
 * address `ip`. The count does not change if the session was last used from the same network, because the
 * client is then probably another tab of the same browser.
 */
export function countRefreshTokenResend(
  { n, ip: lastIp, repeats }: Pick<Session, 'n' | 'ip' | 'repeats'>,
  ip: string,
): RefreshTokenResendCount | undefined {
  if (isSameNetwork(lastIp, ip) || repeats?.n === n) return repeats;
  return { n, inARow: repeats?.n === n - 1 ? repeats.inARow + 1 : 1 };
}

/** Returns whether two IP addresses belong to the same network: the same /24 (IPv4) or /56 (IPv6). */
export function isSameNetwork(ip: string, other: string): boolean {
  return toNetworkLimitKey(ip) === toNetworkLimitKey(other);
}
