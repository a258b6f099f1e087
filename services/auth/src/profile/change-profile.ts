import type { ChangeProfileCommand } from '../account/index.ts';
import type { Caller, UseCaseContext, UseCaseDeps } from '../deps.ts';
import { runWithinLimits } from '../limits/within-limits.ts';
import { Refused } from '../refused.ts';
import { refuseRevokedCaller } from '../sessions/session-status.ts';
import type { AccountCommandOutcome } from '../streams/accounts.ts';

/**
 * Changes the names and the language in the caller's profile.
 * @throws Refused (account_not_verified, unauthenticated, conflict, rate_limited)
 */
export async function changeProfile(
  { accounts, limits }: Pick<UseCaseDeps, 'accounts' | 'limits'>,
  change: Omit<ChangeProfileCommand, 'type'>,
  caller: Caller,
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  const { userId } = caller;
  const command = { type: 'ChangeProfile', ...change } as const;
  return await runWithinLimits({ limits }, [{ limit: 'profile-account', key: userId }], async () => {
    const outcome = await accounts.execute(
      userId,
      context,
      refuseRevokedCaller(caller, () => command),
    );
    if (outcome.refusal) throw new Refused(outcome.refusal);
    return outcome;
  });
}
