/** Rules about a standalone whose data folder was restored from a backup. */
import type { LostChange } from '../run-folder.ts';
import type { Journal } from './journal.ts';
import { createViolations, type Violation } from './report.ts';

/** An event with which the history of an account has forked. */
export interface HistoryFork {
  readonly account: string;
  readonly sequence: number;
}

/**
 * Returns the first event after the restore. It has the same sequence as the event that the restore has lost.
 */
export function findHistoryFork(journal: Journal, { account, next }: LostChange): HistoryFork | undefined {
  const event = journal.events.get(account)?.find(({ data }) => data.person?.firstName === next);
  return event && { account, sequence: event.sequence };
}

/**
 * Checks three things after a restore of a data folder: the folder contains the change that was made after
 * the restore; it does not contain the change that was made between the backup and the restore; and
 * `subscribe()`, whose positions were not restored, has parked the changed account and no other. All other
 * rules check that the folder contains everything from before the backup, and that its stores agree.
 */
export function checkRestoredFile(journal: Journal, lostChange: LostChange): readonly Violation[] {
  const { account, firstName, forked } = lostChange;
  const events = journal.events.get(account) ?? [];
  return [
    ...(events.some(({ data }) => data.person?.firstName === firstName)
      ? createViolations('restored file', `${account} still has a change that was made after the backup`)
      : []),
    ...(findHistoryFork(journal, lostChange) === undefined
      ? createViolations('restored file', `${account} has no change that was made after the restore`)
      : []),
    ...(forked.includes(account)
      ? []
      : createViolations(
          'restored file',
          `${account}: subscribe() has not noticed that the history has forked`,
        )),
    ...forked
      .filter((other) => other !== account)
      .flatMap((other) => createViolations('restored file', `${other} is parked without a fork`)),
  ];
}
