/**
 * Handles the link that undoes a change of address. The link is mailed to the previous address and lets the
 * owner of that address take the account back.
 */
import { checkEmailUndoLink, type LivingAccount } from '../account/index.ts';
import { runBestEffort } from '../best-effort.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { assertPasswordsMatch, assertStrongPassword } from '../passwords/new-password.ts';
import { endSessionsAndTrustOnlyThisIp } from '../passwords/reset.ts';
import { Refused } from '../refused.ts';
import type { AccountCommandOutcome } from '../streams/accounts.ts';
import { readLinkToken } from '../tokens/links.ts';
import { releaseUnneededAddressClaims } from './release.ts';

/** The data for the page that a valid link to undo a change of address opens. */
export interface EmailUndoView {
  /** The previous address, which the link restores. */
  readonly email: string;
  /** The current address of the account, which the undo replaces. */
  readonly newEmail: string;
  readonly locale: string;
}

export interface UndoEmailChangeRequest {
  /** The token of the link, as the client sent it. */
  readonly token: string;
  readonly newPassword: string;
  readonly confirmNewPassword: string;
}

type LinkDeps = Pick<UseCaseDeps, 'accounts' | 'linkTokens' | 'now'>;

/**
 * Returns the data for the page that a link to undo a change of address opens. Changes nothing.
 * @throws Refused (token_invalid, token_expired)
 */
export async function getEmailUndoView(deps: LinkDeps, token: string): Promise<EmailUndoView> {
  const { account, email, newEmail } = await linkedAccount(deps, token);
  return { email, newEmail, locale: account.locale };
}

/**
 * Undoes a change of address: restores the previous address, sets a new password and ends all sessions. The
 * password must change because the person who changed the address knew the current one.
 * @throws Refused (passwords_do_not_match, password_too_weak, token_invalid, token_expired, conflict,
 * overloaded)
 */
export async function undoEmailChange(
  deps: LinkDeps &
    Pick<
      UseCaseDeps,
      'journal' | 'limits' | 'passwordRules' | 'passwords' | 'personalData' | 'sessions' | 'trustedAddresses'
    >,
  { token, newPassword, confirmNewPassword }: UndoEmailChangeRequest,
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  const { accounts, passwords, now } = deps;
  const { userId, tokenHash } = readLinkToken(deps, 'email-undo', token);
  const { account } = await linkedAccount(deps, token);
  assertPasswordsMatch(newPassword, confirmNewPassword);
  await assertStrongPassword(deps, newPassword, account, 'newPassword');
  const passwordHash = await passwords.hash(newPassword, account.address, context);
  const outcome = await accounts.execute(userId, context, () => ({
    type: 'UndoEmailChangeByOwner',
    tokenHash,
    now: now(),
    passwordHash,
  }));
  if (outcome.refusal) throw new Refused(outcome.refusal);
  await endSessionsAndTrustOnlyThisIp(deps, { state: outcome.state, address: account.address }, context);
  await runBestEffort(() => releaseUnneededAddressClaims(deps, userId));
  return outcome;
}

/**
 * Returns the account for which a link to undo a change of address was issued, together with the address that
 * the link restores.
 * @throws Refused (token_invalid, token_expired)
 */
async function linkedAccount(
  deps: LinkDeps,
  token: string,
): Promise<{ readonly account: LivingAccount; readonly email: string; readonly newEmail: string }> {
  const { userId, tokenHash } = readLinkToken(deps, 'email-undo', token);
  const state = await deps.accounts.load(userId);
  const refusal = checkEmailUndoLink(state, tokenHash, deps.now());
  if (refusal) throw new Refused(refusal);
  if (state.status !== 'verified' || state.previous === undefined) throw new Refused('token_invalid');
  const { address, email } = state.previous;
  return { account: { ...state, address, email }, email, newEmail: state.email };
}
