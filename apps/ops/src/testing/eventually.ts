import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 50;
const PATIENCE_MS = 60_000;

/** Asks until it is so. @throws Error naming what never came */
export async function eventually(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const giveUp = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > giveUp) throw new Error(`it never came to pass that ${what}`);
    await pause(POLL_MS);
  }
}
