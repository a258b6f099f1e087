/** Polls a condition until it holds or a deadline has passed. */
import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 50;
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
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await condition();
    if (found !== false && found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(EVERY_MS);
  }
}
