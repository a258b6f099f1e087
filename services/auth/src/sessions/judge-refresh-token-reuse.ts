/** Decides what the use of an old refresh token means (ADR 25). */
import type { Session } from '../ports/sessions.ts';

export type ReuseVerdict =
  /**
   * The current token is returned again, because the first response may have been lost, or another tab was faster.
   */
  | 'repeat'
  /** The token was sent too late, or was stolen: this session ends, and the other sessions of the account stay. */
  | 'end-session'
  /** The token was certainly stolen: every session of the account ends. */
  | 'end-all'
  /** The store does not know that it has issued this token, because it was restored from an earlier backup. */
  | 'unknown';

export interface RefreshTokenUse {
  /** The number of the token. */
  readonly n: number;
  readonly now: Date;
  readonly userAgent: string;
  /** How long the previous token may be used again, in minutes. */
  readonly reuseMinutes: number;
}

const MINUTE_MS = 60_000;

/** The tolerated difference between the clocks of two processes, in minutes. */
const MAX_SKEW_MINUTES = 1;

/**
 * Returns what the use of an old refresh token means. If the token is older than the previous one, two clients have
 * tokens of this session, and one of them may be a thief: the session ends, and if the sender is not the client that
 * used the session last, all sessions end. If the token is the previous one, its client may never have received the
 * current one: the time since then decides.
 */
export function judgeRefreshTokenReuse(
  session: Pick<Session, 'n' | 'rotatedAt' | 'userAgent'>,
  { n, now, userAgent, reuseMinutes }: RefreshTokenUse,
): ReuseVerdict {
  if (n >= session.n) return 'unknown';
  if (n < session.n - 1) return userAgent === session.userAgent ? 'end-session' : 'end-all';
  // Another process set `rotatedAt` by its own clock, which may be ahead or behind.
  const age = now.getTime() - session.rotatedAt.getTime();
  return age <= (reuseMinutes + MAX_SKEW_MINUTES) * MINUTE_MS ? 'repeat' : 'end-session';
}
