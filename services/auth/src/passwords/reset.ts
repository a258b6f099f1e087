/** Sets a password with the link in a password reset mail. */
import {
  checkPasswordResetLink,
  isLivingAccount,
  type LivingAccount,
  requireExistingAccount,
} from '../account/index.ts';
import { endUnverifiedSignUpsForAddress, findAddressOwnerId } from '../addresses/owners.ts';
import { runBestEffort } from '../best-effort.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { Refused } from '../refused.ts';
import { removeRevokedSessions } from '../sessions/remove-revoked.ts';
import { replaceTrustedIpAddresses } from '../sessions/trust-source.ts';
import type { AccountCommandOutcome } from '../streams/accounts.ts';
import { readLinkToken } from '../tokens/links.ts';
import { assertPasswordsMatch, assertStrongPassword } from './new-password.ts';

/** The data for the page that a valid password reset link opens. */
export interface PasswordResetView {
  readonly username: string;
  readonly email: string;
  readonly locale: string;
  /** Whether the account is unverified. The reset link then sets the account's first password. */
  readonly first: boolean;
}

export interface CompleteResetRequest {
  /** The token of the reset link, as the client sent it. */
  readonly token: string;
  readonly newPassword: string;
  readonly confirmNewPassword: string;
}

type LinkDeps = Pick<UseCaseDeps, 'accounts' | 'linkTokens' | 'now'>;

/**
 * Returns the data for the page that a reset link opens. Changes nothing.
 * @throws Refused (token_invalid, token_expired)
 */
export async function getPasswordResetView(deps: LinkDeps, token: string): Promise<PasswordResetView> {
  const { username, email, locale, status } = await linkedAccount(deps, token);
  return { username, email, locale, first: status === 'unverified' };
}

/**
 * Sets a new password with the token of a reset link.
 * @throws Refused (passwords_do_not_match, password_too_weak, token_invalid, token_expired, conflict,
 * overloaded)
 */
export async function completePasswordReset(
  deps: LinkDeps &
    Pick<
      UseCaseDeps,
      | 'journal'
      | 'limits'
      | 'passwordRules'
      | 'passwords'
      | 'personalData'
      | 'registrations'
      | 'sessions'
      | 'trustedAddresses'
    >,
  { token, newPassword, confirmNewPassword }: CompleteResetRequest,
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  const { accounts, passwords, now } = deps;
  const { userId, tokenHash } = readLinkToken(deps, 'reset', token);
  const account = await linkedAccount(deps, token);
  assertPasswordsMatch(newPassword, confirmNewPassword);
  await assertStrongPassword(deps, newPassword, account, 'newPassword');
  const passwordHash = await passwords.hash(newPassword, account.address, context);
  const outcome = await accounts.execute(userId, context, async () => ({
    type: 'CompleteReset',
    tokenHash,
    now: now(),
    passwordHash,
    owner: await findAddressOwnerId(deps, account.address),
  }));
  const wasSignUp = outcome.facts.some(
    ({ type }) => type === 'AccountVerified' || type === 'RegistrationEnded',
  );
  if (wasSignUp) await runBestEffort(() => deps.registrations.settle(userId));
  if (outcome.refusal) throw new Refused(outcome.refusal);
  await endSessionsAndTrustOnlyThisIp(deps, { state: outcome.state, address: account.address }, context);
  if (wasSignUp) await runBestEffort(() => endUnverifiedSignUpsForAddress(deps, account.address, context));
  return outcome;
}

/**
 * Does what must follow after a password was set with a mailed link: removes revoked sessions, resets the
 * counts of failed logins, and makes the client's IP address the only trusted IP address of the account's
 * email address. The owner can then sign in from this IP address even while others guess the password.
 */
export async function endSessionsAndTrustOnlyThisIp(
  {
    sessions,
    limits,
    trustedAddresses,
    personalData,
    now,
  }: Pick<UseCaseDeps, 'sessions' | 'limits' | 'trustedAddresses' | 'personalData' | 'now'>,
  { state, address }: Pick<AccountCommandOutcome, 'state'> & Pick<LivingAccount, 'address'>,
  { ip }: Pick<UseCaseContext, 'ip'>,
): Promise<void> {
  await removeRevokedSessions({ sessions }, state);
  await runBestEffort(() => limits.clear('login-address', address));
  await runBestEffort(() => limits.clear('login-account', requireExistingAccount(state).userId));
  await replaceTrustedIpAddresses({ trustedAddresses, personalData, now }, { address, ip });
}

/** Returns the account for which a reset link was issued. @throws Refused (token_invalid, token_expired) */
async function linkedAccount(deps: LinkDeps, token: string): Promise<LivingAccount> {
  const { userId, tokenHash } = readLinkToken(deps, 'reset', token);
  const state = await deps.accounts.load(userId);
  const refusal = checkPasswordResetLink(state, tokenHash, deps.now());
  if (refusal) throw new Refused(refusal);
  if (!isLivingAccount(state)) throw new Refused('token_invalid');
  return state;
}
