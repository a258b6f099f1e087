/**
 * Releases the previous addresses of accounts once no link can restore them. The commit after which an account no
 * longer needs an address also takes a mark. The mark is a claim, which is a unique key that a commit holds; its name
 * begins with the instant from which the address can be released. The mark is removed last, so that the next clean-up
 * can continue the release after a crash at any step.
 */
import { StoreUnavailable } from '@latchkey/store';
import {
  dueReleaseClaimRange,
  evolve,
  initialState,
  isAccountFact,
  superfluousClaims,
} from '../account/index.ts';
import type { UseCaseDeps } from '../deps.ts';

type Needs = Pick<UseCaseDeps, 'accounts' | 'journal' | 'newId' | 'now'>;

/**
 * Closes the changes of address that can no longer be undone, and releases the previous addresses.
 * @param onSkipped receives every account whose addresses could not be released
 * @throws StoreUnavailable
 */
export async function releaseDueAddresses(
  deps: Needs,
  onSkipped: (stream: string, error: unknown) => void,
): Promise<void> {
  for (const stream of await deps.journal.holdersBetween(dueReleaseClaimRange(deps.now()))) {
    try {
      await settle(deps, stream);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      onSkipped(stream, error);
    }
  }
}

/**
 * Closes the change of an account's address, and releases the previous address. `EmailChangeSettled` is appended before
 * the release: from then on, every instance refuses the undo link, even an instance whose clock is slow and for which
 * the link has not expired. Otherwise an undo could restore an address that somebody else already has.
 */
async function settle(deps: Needs, userId: string): Promise<void> {
  const { accounts, newId, now } = deps;
  await accounts.execute(userId, { correlationId: newId() }, () => ({
    type: 'FinalizeEmailChange',
    now: now(),
  }));
  await releaseAddresses(deps, userId);
}

/**
 * Releases the claims on addresses that an account no longer needs, then their marks. A released claim is never needed
 * again: a new owner takes the claim in a commit of its own.
 * @throws StoreUnavailable
 */
export async function releaseAddresses(
  { journal }: Pick<UseCaseDeps, 'journal'>,
  userId: string,
): Promise<void> {
  const commits = await journal.read(userId);
  // The state is computed from exactly these commits, because a claim of a later commit must not be judged by an
  // earlier state.
  const facts = commits.flatMap(({ events }) => events.filter(isAccountFact));
  const state = facts.reduce(evolve, initialState);
  const held = commits.map((commit) => ({ commit, ...superfluousClaims(state, commit.claims ?? []) }));
  for (const { commit, addresses } of held)
    if (addresses.length > 0) await journal.release(commit, addresses);
  for (const { commit, marks } of held) if (marks.length > 0) await journal.release(commit, marks);
}
