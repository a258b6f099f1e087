/** Decides what the use of an old refresh token means (ADR 25). */
import { networkKey } from '../limits/ip-key.ts';
import type { Session, SessionRepeats } from '../ports/sessions.ts';

export type ReuseVerdict =
  /**
   * The current token is returned again, because the first response may have been lost, or another tab was faster.
   */
  | 'repeat'
  /**
   * The token was sent too late or by another client, too many tokens in a row were sent again from another network, or
   * the token was stolen: this session ends, and the other sessions of the account stay.
   */
  | 'end-session'
  /** The token was certainly stolen: every session of the account ends. */
  | 'end-all'
  /** The store does not know that it has issued this token, because it was restored from an earlier backup. */
  | 'unknown';

export interface RefreshTokenUse {
  /** The number of the token. */
  readonly n: number;
  readonly now: Date;
  readonly ip: string;
  readonly userAgent: string;
  /** How long the previous token may be used again, in minutes. */
  readonly reuseMinutes: number;
}

const MINUTE_MS = 60_000;

/** The tolerated difference between the clocks of two processes, in minutes. */
const MAX_SKEW_MINUTES = 1;

/**
 * How many tokens in a row may be repeated to another network. A client loses several responses in a row only if its
 * network changes during each of several refreshes; a thief needs a repeat after each refresh of the owner.
 */
const MAX_REPEATS_IN_A_ROW = 4;

/**
 * Returns what the use of an old refresh token means. If the token is older than the previous one, two clients have
 * tokens of this session, and one of them may be a thief: the session ends, and if the sender is not the client that
 * used the session last, all sessions end. If the token is the previous one, its client may never have received the
 * current one: the time since then, the user agent and the earlier repeats decide.
 */
export function judgeRefreshTokenReuse(
  session: Pick<Session, 'n' | 'rotatedAt' | 'ip' | 'userAgent' | 'repeats'>,
  { n, now, ip, userAgent, reuseMinutes }: RefreshTokenUse,
): ReuseVerdict {
  if (n >= session.n) return 'unknown';
  const isSameClient = userAgent === session.userAgent;
  if (n < session.n - 1) return isSameClient ? 'end-session' : 'end-all';
  // Another process set `rotatedAt` by its own clock, which may be ahead or behind.
  const age = now.getTime() - session.rotatedAt.getTime();
  if (age > (reuseMinutes + MAX_SKEW_MINUTES) * MINUTE_MS) return 'end-session';
  // Nobody has used the current token yet, so one client may have changed its user agent, for example by an update.
  if (!isSameClient) return 'end-session';
  const repeats = repeatsWith(session, ip);
  return repeats !== undefined && repeats.inARow > MAX_REPEATS_IN_A_ROW ? 'end-session' : 'repeat';
}

/**
 * Returns the repeats of a session after its current token is returned again, to a client with this IP address. The
 * network that used the session last is not counted, because it is the network of the client's other tabs.
 */
export function repeatsWith(
  { n, ip: lastIp, repeats }: Pick<Session, 'n' | 'ip' | 'repeats'>,
  ip: string,
): SessionRepeats | undefined {
  if (isSameNetwork(lastIp, ip) || repeats?.n === n) return repeats;
  return { n, inARow: repeats?.n === n - 1 ? repeats.inARow + 1 : 1 };
}

/** Whether two IP addresses belong to the same network: the same /24 or /56. */
export function isSameNetwork(ip: string, other: string): boolean {
  return networkKey(ip) === networkKey(other);
}
