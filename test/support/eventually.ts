/** Polls a condition until it holds or a deadline has passed. */
import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 20;
/** The default timeout, in ms: several times as long as the slowest condition takes on a busy machine. */
const LONGEST_WAIT_MS = 240_000;

/**
 * Polls a condition. Any result except false and undefined ends the wait and is returned.
 * @throws Error that names `what` when the time is over; an error of `condition` immediately
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
