/**
 * Returns a function that detects suspensions of the process. Call that function at least every `everyMs`. It
 * returns true if the previous call was much longer ago, because the process was suspended or the machine was
 * too busy. The process may have missed responses during that time.
 * @param now returns the time of a monotonic clock, in ms
 */
export function createProcessSuspensionDetector(everyMs: number, now: () => number): () => boolean {
  let lastCall = now();
  return () => {
    const sinceLastCall = now() - lastCall;
    lastCall += sinceLastCall;
    return sinceLastCall > 2 * everyMs;
  };
}
