const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The pauses between the attempts of an event, in ms. The last one is repeated. */
export const PAUSES_MS: readonly number[] = [
  SECOND,
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
];

/** The maximum pause between two attempts while an endpoint is down, in ms. */
const MAX_PAUSE_WHILE_DOWN_MS = HOUR;
/** The maximum pause that an endpoint may request with `Retry-After`, in ms. */
const MAX_REQUESTED_PAUSE_MS = 24 * HOUR;

/** Returns the pause after this number of failed attempts of one event, in ms. @param random in [0, 1) */
export function pauseAfterAttempts(attempts: number, random: number): number {
  const longest = PAUSES_MS[Math.min(attempts, PAUSES_MS.length) - 1] ?? SECOND;
  return longest * (1 - random / 4);
}

/** Returns the pause after this number of consecutive failed attempts of any events, in ms. @param random in [0, 1) */
export function pauseWhileDown(count: number, random: number): number {
  return Math.min(pauseAfterAttempts(count, random), MAX_PAUSE_WHILE_DOWN_MS);
}

/** Returns the pause that `Retry-After` asks for, in ms; 0 if the header is absent or invalid. */
export function requestedPause(retryAfter: string | undefined, now: Date): number {
  if (retryAfter === undefined) return 0;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * SECOND : Date.parse(retryAfter) - now.getTime();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_REQUESTED_PAUSE_MS) : 0;
}
