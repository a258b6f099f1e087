/**
 * Releases the previous addresses of accounts once no link can restore them. The commit that replaces an
 * address also takes a release claim: a unique key that contains the time from which the previous address may
 * be released. By its release claim, the clean-up finds the account. The clean-up removes the release claim
 * last, so that after a crash at any step, the next clean-up finds the account again and continues.
 */
import { StoreUnavailable } from '@latchkey/store';
import {
  applyAccountFact,
  findUnneededAddressClaims,
  getDueReleaseClaimRange,
  initialAccountState,
  isAccountFact,
} from '../account/index.ts';
import type { UseCaseDeps } from '../deps.ts';

type Needs = Pick<UseCaseDeps, 'accounts' | 'journal' | 'newId' | 'now'>;

/**
 * Makes changes of address final once they can no longer be undone, and releases the previous addresses.
 * @param onSkipped called for every account whose addresses could not be released
 * @throws StoreUnavailable
 */
export async function finalizeDueEmailChanges(
  deps: Needs,
  onSkipped: (stream: string, error: unknown) => void,
): Promise<void> {
  for (const stream of await deps.journal.holdersBetween(getDueReleaseClaimRange(deps.now()))) {
    try {
      await settle(deps, stream);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      onSkipped(stream, error);
    }
  }
}

/**
 * Makes the change of an account's address final, and then releases the previous address. The order matters:
 * once `EmailChangeSettled` is appended, every instance refuses the undo link, even an instance whose clock
 * is slow. Therefore nobody can undo the change after somebody else has claimed the released address.
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
 * Releases the address claims that an account no longer needs, and then the release claims. A released
 * address claim never has to be restored: if somebody verifies the address again, that commit takes a new
 * claim.
 * @throws StoreUnavailable
 */
export async function releaseUnneededAddressClaims(
  { journal }: Pick<UseCaseDeps, 'journal'>,
  userId: string,
): Promise<void> {
  const commits = await journal.read(userId);
  // Compute the account's state from the same commits from which the claims are read: a newer or older state
  // would not match these claims.
  const facts = commits.flatMap(({ events }) => events.filter(isAccountFact));
  const state = facts.reduce(applyAccountFact, initialAccountState);
  const held = commits.map((commit) => ({
    commit,
    ...findUnneededAddressClaims(state, commit.claims ?? []),
  }));
  for (const { commit, addressClaims } of held)
    if (addressClaims.length > 0) await journal.release(commit, addressClaims);
  for (const { commit, releaseClaims } of held)
    if (releaseClaims.length > 0) await journal.release(commit, releaseClaims);
}
