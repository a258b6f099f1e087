/** Lets an admin send a password reset link to the address of an account. */
import { isLivingAccount } from '../account/index.ts';
import { findAddressOwnerId } from '../addresses/owners.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { runWithinLimits } from '../limits/within-limits.ts';
import { Refused } from '../refused.ts';
import type { AccountCommandOutcome } from '../streams/accounts.ts';
import { createMailedLink } from '../tokens/links.ts';

/**
 * Mails the owner of an account a link for choosing a new password. The current password works until the
 * owner has chosen another one. The mail counts as one recipient towards the admin's limit on mailings.
 * @throws Refused (not_found, conflict for a disabled account, rate_limited)
 */
export async function sendPasswordResetMail(
  deps: Pick<UseCaseDeps, 'accounts' | 'journal' | 'limits' | 'linkTokens' | 'now' | 'sealer' | 'settings'>,
  { userId, by }: { readonly userId: string; readonly by: string },
  { correlationId, traceparent }: Pick<UseCaseContext, 'correlationId' | 'traceparent'>,
): Promise<AccountCommandOutcome> {
  const { accounts, limits } = deps;
  const account = await accounts.load(userId);
  if (!isLivingAccount(account)) throw new Refused('not_found');
  if (account.disabled) throw new Refused('conflict');
  const { address, email } = account;
  const ofAdmin = { limit: 'mailing-admin', key: by } as const;
  return await runWithinLimits({ limits }, [ofAdmin], () =>
    accounts.execute(userId, { correlationId, traceparent }, async () => ({
      type: 'RequestPasswordReset',
      address,
      owner: await findAddressOwnerId(deps, address),
      link: await createMailedLink(deps, 'reset', { userId, email }),
    })),
  );
}
