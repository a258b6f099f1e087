/**
 * Returns a function that must be called at least every `everyMs`. It returns whether the previous call is much longer
 * ago, because the process was suspended or the machine was too busy: in that time, the process could not receive
 * anything.
 * @param now a monotonic clock, in ms
 */
export function createSuspensionDetector(everyMs: number, now: () => number): () => boolean {
  let lastCall = now();
  return () => {
    const sinceLastCall = now() - lastCall;
    lastCall += sinceLastCall;
    return sinceLastCall > 2 * everyMs;
  };
}
