/**
 * Releases the previous addresses of accounts once no link can restore them. A commit that makes an address
 * unnecessary also takes a mark: a unique key whose name starts with the time from which the address may be
 * released. The mark is removed last, so that after a crash at any step, the next clean-up finds it and
 * continues.
 */
import { StoreUnavailable } from '@latchkey/store';
import {
  evolve,
  findUnneededAddressClaims,
  initialAccountState,
  isAccountFact,
  rangeOfDueReleaseClaims,
} from '../account/index.ts';
import type { UseCaseDeps } from '../deps.ts';

type Needs = Pick<UseCaseDeps, 'accounts' | 'journal' | 'newId' | 'now'>;

/**
 * Makes changes of address final that can no longer be undone, and releases the previous addresses.
 * @param onSkipped called for every account whose addresses could not be released
 * @throws StoreUnavailable
 */
export async function finalizeDueEmailChanges(
  deps: Needs,
  onSkipped: (stream: string, error: unknown) => void,
): Promise<void> {
  for (const stream of await deps.journal.holdersBetween(rangeOfDueReleaseClaims(deps.now()))) {
    try {
      await settle(deps, stream);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      onSkipped(stream, error);
    }
  }
}

/**
 * Makes the change of an account's address final, then releases the previous address. `EmailChangeSettled`
 * must be appended first: from then on, every instance refuses the undo link, even one whose clock is slow,
 * so an undo cannot restore an address that somebody else has claimed meanwhile.
 */
async function settle(deps: Needs, userId: string): Promise<void> {
  const { accounts, newId, now } = deps;
  await accounts.execute(userId, { correlationId: newId() }, () => ({
    type: 'FinalizeEmailChange',
    now: now(),
  }));
  await releaseUnneededAddressClaims(deps, userId);
}

/**
 * Releases the claims on addresses that an account no longer needs, then their marks. A released claim never
 * has to be restored: a new owner of the address takes the claim in a commit of its own.
 * @throws StoreUnavailable
 */
export async function releaseUnneededAddressClaims(
  { journal }: Pick<UseCaseDeps, 'journal'>,
  userId: string,
): Promise<void> {
  const commits = await journal.read(userId);
  // Compute the state from the commits just read: a newer or older state would not match the claims in them.
  const facts = commits.flatMap(({ events }) => events.filter(isAccountFact));
  const state = facts.reduce(evolve, initialAccountState);
  const held = commits.map((commit) => ({
    commit,
    ...findUnneededAddressClaims(state, commit.claims ?? []),
  }));
  for (const { commit, addresses } of held)
    if (addresses.length > 0) await journal.release(commit, addresses);
  for (const { commit, marks } of held) if (marks.length > 0) await journal.release(commit, marks);
}
