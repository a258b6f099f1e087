import { setTimeout as pause } from 'node:timers/promises';

/** Polls a condition until it holds. @throws Error after two minutes */
export async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it never came to that');
    await pause(5);
  }
}
