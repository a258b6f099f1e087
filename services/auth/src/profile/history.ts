import { type AccountFact, isAccountFact } from '../account/index.ts';
import type { UseCaseDeps } from '../deps.ts';
import { Refused } from '../refused.ts';

export interface HistoryEntry extends HistoryPosition {
  readonly at: string;
  readonly fact: AccountFact;
}

/**
 * The position of an entry in an account's history: the number of its commit and the sequence of the entry.
 */
export interface HistoryPosition {
  readonly number: number;
  readonly sequence: number;
}

export interface HistoryPage {
  readonly entries: readonly HistoryEntry[];
  /** The position of the page's last entry; undefined if the page is the last one. */
  readonly next?: HistoryPosition;
}

/** Returns a page of an account's events, oldest first. @throws Refused (not_found) */
export async function readAccountHistory(
  { journal }: Pick<UseCaseDeps, 'journal'>,
  userId: string,
  { limit, after }: { readonly limit: number; readonly after?: HistoryPosition | undefined },
): Promise<HistoryPage> {
  // The previous page may have ended in the middle of a commit, so read that commit again. Every commit
  // contains at least one event, so `limit + 2` commits are enough to fill the page and to find out whether
  // another page follows.
  const commits = await journal.read(userId, after === undefined ? 0 : after.number - 1, limit + 2);
  const entries = commits
    .flatMap(({ number, sequence, events }) =>
      events.flatMap((fact, i) =>
        isAccountFact(fact) ? [{ number, sequence: sequence + i, at: fact.time, fact }] : [],
      ),
    )
    .filter(({ sequence }) => after === undefined || sequence > after.sequence);
  if (entries.length === 0 && after === undefined) throw new Refused('not_found');
  const last = entries[limit - 1];
  return { entries: entries.slice(0, limit), ...(last && entries.length > limit && { next: last }) };
}
