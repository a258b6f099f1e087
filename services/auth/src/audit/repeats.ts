/**
 * How long a string is remembered, in ms. If identical security events occur within this time, only the first
 * is recorded.
 */
const FOR_MS = 60_000;
const MAX_REMEMBERED = 10_000;

/**
 * Creates a function that returns whether a string was seen less than a minute ago.
 * @param monotonic returns the time of a monotonic clock in ms
 */
export function createRepeatDetector(monotonic: () => number): (text: string) => boolean {
  /** The time at which each string was first seen, oldest first. */
  const seen = new Map<string, number>();

  return (text) => {
    const now = monotonic();
    for (const [oldest, at] of seen) {
      if (now - at < FOR_MS && seen.size <= MAX_REMEMBERED) break;
      seen.delete(oldest);
    }
    if (seen.has(text)) return true;
    seen.set(text, now);
    return false;
  };
}
