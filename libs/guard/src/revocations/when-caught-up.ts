import { setTimeout as sleep } from 'node:timers/promises';
import type { Subscription } from '@latchkey/events/subscribe';
import type { GuardLogger } from '../logger.ts';

const LOOK_EVERY_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/**
 * Waits until a subscription has handled all events that were on the log when it started. If the
 * subscription's position cannot be read, logs a warning, and tries again after at most a second.
 * @throws Error if the signal is aborted
 */
export async function waitUntilCaughtUp(
  subscription: Pick<Subscription, 'caughtUp'>,
  logger: Pick<GuardLogger, 'warn'>,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; ; ) {
    try {
      if (await subscription.caughtUp()) return;
      failures = 0;
    } catch (err) {
      failures = Math.min(failures + 1, 10);
      logger.warn({ err }, 'it is not known yet which access tokens were revoked; trying again');
    }
    await sleep(Math.min(LOOK_EVERY_MS * 2 ** failures, LONGEST_PAUSE_MS), undefined, { signal });
  }
}
