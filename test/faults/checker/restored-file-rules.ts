/** Rules about a standalone whose data folder was restored from a backup. */
import type { LostChange } from '../run-folder.ts';
import type { Journal } from './journal.ts';
import { type Violation, violationsOf } from './report.ts';

/**
 * Checks that the restored file does not contain the change that was made after the backup. All other rules check that it
 * contains everything from before the backup, and that its stores agree.
 */
export function checkRestoredFile(
  journal: Journal,
  { account, firstName }: LostChange,
): readonly Violation[] {
  const events = journal.events.get(account) ?? [];
  return events.some(({ data }) => data.person?.firstName === firstName)
    ? violationsOf('restored file', `${account} still has a change that was made after the backup`)
    : [];
}
