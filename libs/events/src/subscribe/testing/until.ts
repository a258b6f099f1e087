import { setTimeout as sleep } from 'node:timers/promises';

const DEADLINE_MS = 120_000;

/**
 * Resolves once the condition is true.
 * @throws Error if that takes too long
 */
export async function waitUntil(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`This did not come true: ${holds}`);
    await sleep(5);
  }
}
