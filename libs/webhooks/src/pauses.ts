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

/** An endpoint that is down is tried at least this often, so that its return is noticed. In ms. */
const DOWN_AT_MOST_MS = HOUR;
/** The longest pause that an endpoint may ask for. In ms. */
const ASKED_AT_MOST_MS = 24 * HOUR;

/** Returns the pause after so many failed attempts of one event. @param random from 0 up to, but not including, 1 */
export function pauseAfter(attempts: number, random: number): number {
  const longest = PAUSES_MS[Math.min(attempts, PAUSES_MS.length) - 1] ?? SECOND;
  return longest * (1 - random / 4);
}

/** Returns the pause after so many failed attempts in a row, whatever the event. */
export function pauseWhileDown(count: number, random: number): number {
  return Math.min(pauseAfter(count, random), DOWN_AT_MOST_MS);
}

/** Returns the pause that `Retry-After` asks for, in ms; 0 if the header is absent or invalid. */
export function askedPause(retryAfter: string | undefined, now: Date): number {
  if (retryAfter === undefined) return 0;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * SECOND : Date.parse(retryAfter) - now.getTime();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), ASKED_AT_MOST_MS) : 0;
}
