import type { ChangeProfile } from '../account/index.ts';
import type { Caller, Context, Deps } from '../deps.ts';
import { Refused } from '../refused.ts';
import type { Outcome } from '../streams/accounts.ts';

/** Changes the caller's names and language. @throws Refused (account_not_verified, conflict) */
export async function changeProfile(
  { accounts }: Pick<Deps, 'accounts'>,
  change: Omit<ChangeProfile, 'type'>,
  { userId }: Caller,
  context: Context,
): Promise<Outcome> {
  const outcome = await accounts.execute(userId, context, () => ({ type: 'ChangeProfile', ...change }));
  if (outcome.refusal) throw new Refused(outcome.refusal);
  return outcome;
}
