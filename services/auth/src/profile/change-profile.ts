import type { ChangeProfile } from '../account/index.ts';
import type { Caller, Context, Deps } from '../deps.ts';
import { assertAllowed } from '../limits/assert-allowed.ts';
import { Refused } from '../refused.ts';
import type { Outcome } from '../streams/accounts.ts';

/** Changes the caller's names and language. @throws Refused (account_not_verified, conflict, rate_limited) */
export async function changeProfile(
  { accounts, limits }: Pick<Deps, 'accounts' | 'limits'>,
  change: Omit<ChangeProfile, 'type'>,
  { userId }: Caller,
  context: Context,
): Promise<Outcome> {
  assertAllowed(await limits.take('profile-account', userId));
  const outcome = await accounts.execute(userId, context, () => ({ type: 'ChangeProfile', ...change }));
  if (outcome.refusal) throw new Refused(outcome.refusal);
  return outcome;
}
