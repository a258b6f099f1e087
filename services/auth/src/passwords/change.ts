import { requireExistingAccount } from '../account/index.ts';
import { runBestEffort } from '../best-effort.ts';
import type { Caller, UseCaseContext, UseCaseDeps } from '../deps.ts';
import { runWithinLimits } from '../limits/within-limits.ts';
import { Refused } from '../refused.ts';
import { removeRevokedSessions } from '../sessions/remove-revoked.ts';
import { refuseRevokedCaller } from '../sessions/session-status.ts';
import { replaceTrustedIpAddresses } from '../sessions/trust-source.ts';
import type { AccountCommandOutcome } from '../streams/accounts.ts';
import { checkPassword, limitPasswordAttempts } from './attempts.ts';
import { assertPasswordLength, assertPasswordsMatch, assertStrongPassword } from './new-password.ts';

export interface ChangePasswordRequest {
  readonly currentPassword: string;
  readonly newPassword: string;
  readonly confirmNewPassword?: string | undefined;
}

/**
 * Changes the password of an account whose owner has entered the current one. Ends every other session and
 * invalidates every mailed link; the caller's session stays active.
 * @throws Refused (current_password_incorrect, passwords_do_not_match, password_too_weak,
 * account_not_verified, unauthenticated, rate_limited, conflict, overloaded)
 */
export async function changePassword(
  deps: Pick<
    UseCaseDeps,
    | 'accounts'
    | 'audit'
    | 'journal'
    | 'limits'
    | 'newId'
    | 'now'
    | 'passwordRules'
    | 'passwords'
    | 'personalData'
    | 'requests'
    | 'sessions'
    | 'trustedAddresses'
    | 'wakeWorker'
  >,
  { currentPassword, newPassword, confirmNewPassword }: ChangePasswordRequest,
  caller: Caller,
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  const { accounts, passwords, sessions } = deps;
  const { userId, sessionId, state } = caller;
  const { address } = state;
  assertPasswordsMatch(newPassword, confirmNewPassword);
  assertPasswordLength(deps, newPassword, 'newPassword');
  const attempt = { address, accountId: userId, during: 'password-change', actor: userId } as const;
  const outcome = await limitPasswordAttempts(deps, attempt, context, async () => {
    const checkedHash = await checkPassword(deps, currentPassword, state, context);
    if (checkedHash === undefined) return undefined;
    return runWithinLimits(deps, [{ limit: 'password-change-account', key: userId }], async () => {
      await assertStrongPassword(deps, newPassword, state, 'newPassword');
      const passwordHash = await passwords.hash(newPassword, address, context);
      const command = { type: 'ChangePassword', checkedHash, passwordHash } as const;
      const changed = await accounts.execute(
        userId,
        context,
        refuseRevokedCaller(caller, () => command),
      );
      // Make the caller's session newer than the revocation before the revoked sessions are removed, so that
      // the caller stays signed in. If the process crashes before this change is stored, the caller is merely
      // signed out.
      if (!changed.refusal)
        await sessions.liftSince(sessionId, requireExistingAccount(changed.state).revokedAt);
      return changed;
    });
  });
  if (outcome === undefined) throw new Refused('current_password_incorrect');
  if (outcome.refusal) throw new Refused(outcome.refusal);
  await removeRevokedSessions(deps, outcome.state);
  await runBestEffort(() => deps.limits.clear('login-account', userId));
  await replaceTrustedIpAddresses(deps, { address, ip: context.ip });
  return outcome;
}
