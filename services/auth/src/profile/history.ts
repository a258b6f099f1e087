import { type AccountFact, isAccountFact } from '../account/index.ts';
import type { Deps } from '../deps.ts';
import { Refused } from '../refused.ts';

export interface HistoryEntry {
  readonly sequence: number;
  readonly at: string;
  readonly fact: AccountFact;
}

/** Returns the facts of an account, oldest first. @throws Refused (not_found) */
export async function accountHistory(
  { journal }: Pick<Deps, 'journal'>,
  userId: string,
): Promise<readonly HistoryEntry[]> {
  const commits = await journal.read(userId);
  const entries = commits.flatMap(({ sequence, events }) =>
    events.flatMap((fact, i) =>
      isAccountFact(fact) ? [{ sequence: sequence + i, at: fact.time, fact }] : [],
    ),
  );
  if (entries.length === 0) throw new Refused('not_found');
  return entries;
}
