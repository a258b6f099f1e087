import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 50;
const TIMEOUT_MS = 120_000;

/**
 * Polls a condition until it is true. @throws Error that names the condition, if it is not true after two
 * minutes
 */
export async function waitUntil(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const giveUp = performance.now() + TIMEOUT_MS;
  while (!(await holds())) {
    if (performance.now() > giveUp) throw new Error(`timed out waiting until ${what}`);
    await pause(POLL_MS);
  }
}
