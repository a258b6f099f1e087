const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * The delays between the attempts to send an event, in ms. The last delay is used for all further attempts.
 */
export const RETRY_DELAYS_MS: readonly number[] = [
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

/** The maximum delay between two attempts while the endpoint is down, in ms. */
const MAX_DELAY_WHILE_DOWN_MS = HOUR;
/** The maximum delay that an endpoint may request with `Retry-After`, in ms. */
const MAX_REQUESTED_DELAY_MS = 24 * HOUR;

/**
 * Returns the delay before an event is sent again, in ms.
 * @param attempts how many attempts to send it have failed
 * @param random a random number in [0, 1), for jitter
 */
export function computeRetryDelayMs(attempts: number, random: number): number {
  const longest = RETRY_DELAYS_MS[Math.min(attempts, RETRY_DELAYS_MS.length) - 1] ?? SECOND;
  return longest * (1 - random / 4);
}

/**
 * Returns the delay before the next attempt while an endpoint is down, in ms.
 * @param count how many attempts have failed in a row
 * @param random a random number in [0, 1), for jitter
 */
export function computeRetryDelayWhileDownMs(count: number, random: number): number {
  return Math.min(computeRetryDelayMs(count, random), MAX_DELAY_WHILE_DOWN_MS);
}

/** Returns the delay that a `Retry-After` header requests, in ms; 0 if the header is missing or invalid. */
export function parseRetryAfterMs(retryAfter: string | undefined, now: Date): number {
  if (retryAfter === undefined) return 0;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * SECOND : Date.parse(retryAfter) - now.getTime();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_REQUESTED_DELAY_MS) : 0;
}
