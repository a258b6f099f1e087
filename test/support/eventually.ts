/** Polls a condition until it holds or a deadline has passed. */
import { setTimeout as pause } from 'node:timers/promises';

/**
 * The shortest and the longest pause between two polls, in ms. Between these limits, the pause is a tenth of
 * the time since the first poll, so that a long wait needs only a few polls.
 */
const PAUSE_MS = { least: 50, most: 250 } as const;
/** The default timeout, in ms: several times longer than the slowest condition takes on a busy machine. */
const LONGEST_WAIT_MS = 240_000;

/**
 * Polls a condition until its result is neither false nor undefined, and returns that result.
 * @throws Error that names `what` if the timeout expires. An error that `condition` throws is thrown immediately
 */
export async function eventually<T>(
  what: string,
  condition: () => Promise<T | false | undefined> | T | false | undefined,
  withinMs = LONGEST_WAIT_MS,
): Promise<T> {
  const start = performance.now();
  for (;;) {
    const found = await condition();
    if (found !== false && found !== undefined) return found;
    const elapsed = performance.now() - start;
    if (elapsed > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(Math.min(Math.max(elapsed / 10, PAUSE_MS.least), PAUSE_MS.most));
  }
}
