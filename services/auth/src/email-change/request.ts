/**
 * Requests a change of address. The response and its duration are the same whether or not the new address is
 * taken.
 */
import type { EmailAddress } from '../addresses/email.ts';
import { findAddressOwnerId } from '../addresses/owners.ts';
import type { Caller, UseCaseContext, UseCaseDeps } from '../deps.ts';
import { getRateLimitChargesForMail } from '../limits/mail-budget.ts';
import { runWithinLimits } from '../limits/within-limits.ts';
import { checkPassword, limitPasswordAttempts } from '../passwords/attempts.ts';
import { Refused } from '../refused.ts';
import { getRateLimitChargeForMailRequest } from '../requests/written-requests.ts';
import { refuseRevokedCaller } from '../sessions/session-status.ts';
import type { AccountCommandOutcome } from '../streams/accounts.ts';
import { createMailedLink } from '../tokens/links.ts';

export interface EmailChangeRequest {
  readonly newEmail: EmailAddress;
  readonly password: string;
}

type Needs = Pick<
  UseCaseDeps,
  | 'accounts'
  | 'audit'
  | 'journal'
  | 'limits'
  | 'linkTokens'
  | 'newId'
  | 'now'
  | 'passwords'
  | 'requests'
  | 'sealer'
  | 'sessions'
  | 'settings'
  | 'trustedAddresses'
  | 'wakeWorker'
>;

/**
 * Mails a link to the new address, which confirms the change of address. Nothing changes until the link is
 * used.
 * @throws Refused (password_incorrect, email_unchanged, email_change_recent, account_not_verified,
 * unauthenticated, rate_limited, conflict, overloaded)
 */
export async function requestEmailChange(
  deps: Needs,
  { newEmail, password }: EmailChangeRequest,
  caller: Caller,
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  const { accounts, passwords } = deps;
  const { userId, state } = caller;
  const { address } = state;
  const attempt = { address, accountId: userId, during: 'email-change', actor: userId } as const;
  const outcome = await limitPasswordAttempts(deps, attempt, context, async () => {
    const checkedHash = await checkPassword(deps, password, state, context);
    if (checkedHash === undefined) return undefined;
    const passwordHash = await passwords.hash(password, newEmail.canonical, context);
    const takes = [
      { limit: 'email-change-account', key: userId } as const,
      getRateLimitChargeForMailRequest(context),
      ...getRateLimitChargesForMail('email-change', newEmail.canonical, context.ip),
    ];
    const asked = await runWithinLimits(deps, takes, () =>
      accounts.execute(
        userId,
        context,
        refuseRevokedCaller(caller, async () => ({
          type: 'RequestEmailChange',
          address: newEmail.canonical,
          email: newEmail.stored,
          checkedHash,
          passwordHash,
          owner: await findAddressOwnerId(deps, newEmail.canonical),
          link: await createMailedLink(deps, 'email-change', { userId, email: newEmail.stored }),
          now: deps.now(),
        })),
      ),
    );
    return asked.refusal === 'password_incorrect' ? undefined : asked;
  });
  if (outcome === undefined) throw new Refused('password_incorrect');
  if (outcome.refusal) throw new Refused(outcome.refusal);
  return outcome;
}
