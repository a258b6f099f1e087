/** Waiting for servers that are not up yet: ops commands may be the first thing that is started. */
import { setTimeout as pause } from 'node:timers/promises';
import { isOutage } from '@latchkey/cluster';
import type { Context } from './command.ts';

const RETRY_MS = 500;
/** A server that is only just starting, or a connection that is only being made, is no reason to give up. */
const BRIEFLY_MS = 3000;
const REPEAT_LINE_MS = 30_000;

/**
 * Tries until it works, however long a server takes to come, and says so; or for a few seconds, where the
 * context does not wait.
 * @throws what does not pass by itself, and without waiting the last failure
 */
export async function patiently<T>(
  { waits, note }: Pick<Context, 'waits' | 'note'>,
  what: string,
  attempt: () => Promise<T>,
): Promise<T> {
  const began = performance.now();
  let sayAgain = began + BRIEFLY_MS;
  while (true) {
    try {
      return await attempt();
    } catch (error) {
      const now = performance.now();
      if (!isOutage(error) || (!waits && now - began >= BRIEFLY_MS)) throw error;
      if (waits && now >= sayAgain) {
        note(`waiting for ${what}: ${error instanceof Error ? error.message : String(error)}`);
        sayAgain = now + REPEAT_LINE_MS;
      }
    }
    await pause(RETRY_MS);
  }
}
