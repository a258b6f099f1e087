/**
 * Returns a function that detects suspensions of the process. It must be called at least every `everyMs`. It
 * returns true if the previous call was much longer ago: the process was then suspended, or the machine too
 * busy, and the process may have received nothing in the meantime.
 * @param now a monotonic clock, in ms
 */
export function createProcessSuspensionDetector(everyMs: number, now: () => number): () => boolean {
  let lastCall = now();
  return () => {
    const sinceLastCall = now() - lastCall;
    lastCall += sinceLastCall;
    return sinceLastCall > 2 * everyMs;
  };
}
