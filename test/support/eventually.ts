/** Waits for a condition, looked at again and again, up to a deadline. */
import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 20;

/**
 * @param condition anything but false and undefined ends the wait, and is what comes out
 * @throws Error saying what was waited for; what `condition` throws, at once.
 */
export async function eventually<T>(
  what: string,
  condition: () => Promise<T | false | undefined> | T | false | undefined,
  withinMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await condition();
    if (found !== false && found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(EVERY_MS);
  }
}
