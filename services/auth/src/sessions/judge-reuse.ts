/** Decides what the use of an old refresh token means (ADR 25). */
import type { Session } from '../ports/sessions.ts';

export type ReuseVerdict =
  /** The response may have been lost, or another tab was faster: return the current token again. */
  | 'repeat'
  /** Too late, or stolen: this session ends, the others stay. */
  | 'end-session'
  /** Certainly stolen: every session of the account ends. */
  | 'end-all'
  /** Never issued: the store was restored from a backup. */
  | 'unknown';

export interface TokenUse {
  /** The number of the token. */
  readonly n: number;
  readonly now: Date;
  readonly userAgent: string;
  /** How long the previous token may be used again, in minutes. */
  readonly reuseMinutes: number;
}

const MINUTE_MS = 60_000;

/** Clock differences between two processes up to this have no effect, in minutes. */
const MAX_SKEW_MINUTES = 1;

/**
 * Judges by use first, by time second. The current token counts as unused as long as only its parent (the token
 * before it) comes back. An older token shows that two clients hold tokens of this session. If its client is not
 * the one that used the session last, one of them is a thief.
 */
export function judgeReuse(
  session: Pick<Session, 'n' | 'rotatedAt' | 'userAgent'>,
  { n, now, userAgent, reuseMinutes }: TokenUse,
): ReuseVerdict {
  if (n >= session.n) return 'unknown';
  if (n < session.n - 1) return userAgent === session.userAgent ? 'end-session' : 'end-all';
  // Another process set `rotatedAt` by its own clock, which may be ahead or behind.
  const age = now.getTime() - session.rotatedAt.getTime();
  return age <= (reuseMinutes + MAX_SKEW_MINUTES) * MINUTE_MS ? 'repeat' : 'end-session';
}
