import { setTimeout as sleep } from 'node:timers/promises';

const DEADLINE_MS = 120_000;

/**
 * Waits until the condition is true.
 * @throws Error if the condition does not become true in time
 */
export async function waitUntil(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`This did not come true: ${isTrue}`);
    await sleep(5);
  }
}
