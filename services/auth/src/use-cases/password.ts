/** A new password: by the link of a reset, or by whoever knows the current one. */
import type { AccountState } from '../account/index.ts';
import { resetRefusal } from '../account/index.ts';
import { sameHash } from '../account/same-hash.ts';
import { Refused } from '../refused.ts';
import type { Outcome } from './accounts.ts';
import { ownerOf, supersedeOthers } from './address.ts';
import { bestEffort } from './best-effort.ts';
import type { Context, Deps, Signed } from './deps.ts';
import { assertSamePassword, assertStrongPassword } from './guard.ts';
import { presentedLink } from './presented-link.ts';
import { tryPassword } from './tries.ts';

/** What the page of a reset link that can be used tells. */
export interface OpenReset {
  readonly username: string;
  readonly email: string;
  readonly locale: string;
  /** Nobody has proven the address yet: the password to be chosen is the account's first. */
  readonly first: boolean;
}

/** Changes nothing. @throws Refused (token_invalid, token_expired) */
export function viewReset(deps: Deps) {
  return async (token: string): Promise<OpenReset> => openReset(await linkedAccount(deps, token));
}

/** @throws Refused (passwords_do_not_match, password_too_weak, token_invalid, token_expired, conflict, unavailable) */
export function completeReset(deps: Deps) {
  return async (
    token: string,
    password: string,
    confirmation: string,
    context: Context,
  ): Promise<Outcome> => {
    const { accounts, limits, passwords, sessions, registrations, trustedAddresses, now } = deps;
    const { userId, tokenHash } = presentedLink(deps, 'reset', token);
    const account = await linkedAccount(deps, token);
    assertSamePassword(password, confirmation);
    assertStrongPassword(password, account, 'newPassword');
    const passwordHash = await passwords.hash(password, account.address, context.isAwaited);
    const outcome = await accounts.execute(userId, context, async ({ address }) => ({
      type: 'CompleteReset',
      tokenHash,
      now: now(),
      passwordHash,
      owner: await ownerOf(deps, address),
    }));
    const first = outcome.facts.some(
      ({ type }) => type === 'AccountVerified' || type === 'RegistrationEnded',
    );
    if (first) await bestEffort(() => registrations.settle(userId));
    if (outcome.refusal) throw new Refused(outcome.refusal);
    await bestEffort(() => sessions.removeAll(userId));
    if (first) await bestEffort(() => supersedeOthers(deps, account.address, context));
    await bestEffort(() => limits.clear('login-address', account.address));
    const pair = { address: account.address, ip: context.ip };
    await bestEffort(() => trustedAddresses.trust(pair, now()));
    return outcome;
  };
}

/**
 * Ends every other session and every open link; the caller's session goes on.
 * @throws Refused (current_password_incorrect, passwords_do_not_match, password_too_weak, rate_limited, …)
 */
export function changePassword(deps: Deps) {
  return async (
    { userId, sessionId, state }: Signed,
    change: { readonly current: string; readonly next: string; readonly confirmation?: string | undefined },
    context: Context,
  ): Promise<Outcome> => {
    const { accounts, passwords, sessions } = deps;
    const { address } = state;
    assertSamePassword(change.next, change.confirmation);
    assertStrongPassword(change.next, state, 'newPassword');
    const outcome = await tryPassword(deps, { address, ip: context.ip }, async () => {
      const checkedHash = await passwords.hash(change.current, address, context.isAwaited);
      if (!sameHash(checkedHash, state.passwordHash)) return undefined;
      const passwordHash = await passwords.hash(change.next, address, context.isAwaited);
      return accounts.execute(userId, context, () => ({ type: 'ChangePassword', checkedHash, passwordHash }));
    });
    if (outcome === undefined) throw new Refused('current_password_incorrect');
    if (outcome.refusal) throw new Refused(outcome.refusal);
    // The caller's session is lifted over the revocation first: a crash in between only logs out.
    await sessions.liftSince(sessionId, outcome.state.revokedAt);
    await bestEffort(() => sessions.removeAll(userId, { except: sessionId }));
    return outcome;
  };
}

/** The account that a reset link is for. @throws Refused (token_invalid, token_expired) */
async function linkedAccount(deps: Deps, token: string): Promise<AccountState> {
  const { userId, tokenHash } = presentedLink(deps, 'reset', token);
  const state = await deps.accounts.load(userId);
  const refusal = resetRefusal(state, tokenHash, deps.now());
  if (refusal) throw new Refused(refusal);
  return state;
}

function openReset({ username, email, locale, status }: AccountState): OpenReset {
  return {
    username,
    email,
    locale,
    first: status === 'unverified',
  };
}
