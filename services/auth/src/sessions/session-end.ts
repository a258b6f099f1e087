import { DAY_MS } from '@latchkey/process';
import type { UseCaseSettings } from '../deps.ts';

/**
 * Returns the time at which a session ends if its last use is `at`: after the maximum idle time or at its
 * maximum age, whichever is earlier.
 */
export function computeSessionExpiry(
  { refreshDays, idleDays }: Pick<UseCaseSettings, 'refreshDays' | 'idleDays'>,
  { createdAt, at }: { readonly createdAt: Date; readonly at: Date },
): Date {
  return new Date(Math.min(createdAt.getTime() + refreshDays * DAY_MS, at.getTime() + idleDays * DAY_MS));
}
