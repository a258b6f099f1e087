/** One's own names and language. */
import type { ChangeProfile } from '../account/index.ts';
import { Refused } from '../refused.ts';
import type { Outcome } from './accounts.ts';
import type { Context, Deps, Signed } from './deps.ts';

/** @throws Refused (account_not_verified, conflict, unavailable) */
export function changeProfile({ accounts }: Deps) {
  return async (
    { userId }: Signed,
    change: Omit<ChangeProfile, 'type'>,
    context: Context,
  ): Promise<Outcome> => {
    const outcome = await accounts.execute(userId, context, () => ({ type: 'ChangeProfile', ...change }));
    if (outcome.refusal) throw new Refused(outcome.refusal);
    return outcome;
  };
}
