import { DAY_MS } from '@latchkey/process';
import type { UseCaseSettings } from '../deps.ts';

/**
 * Returns the time at which a session ends if it is last used `at`: once it has been idle for too long, or is too old.
 */
export function sessionEndAfterUse(
  { refreshDays, idleDays }: Pick<UseCaseSettings, 'refreshDays' | 'idleDays'>,
  { createdAt, at }: { readonly createdAt: Date; readonly at: Date },
): Date {
  return new Date(Math.min(createdAt.getTime() + refreshDays * DAY_MS, at.getTime() + idleDays * DAY_MS));
}
