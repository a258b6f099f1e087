/** Actions that admins and operators take on other people's accounts. */
import type { Role } from '@latchkey/events';
import {
  type AccountCommand,
  type AccountState,
  type ChangeRoleCommand,
  type DisableAccountCommand,
  isActiveAdmin,
  isLivingAccount,
  type OtherAdminsCheck,
  type RequestErasureCommand,
} from '../account/index.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { Refused } from '../refused.ts';
import { removeRevokedSessions } from '../sessions/remove-revoked.ts';
import type { AccountCommandOutcome } from '../streams/accounts.ts';
import type { CreateCommandFromState } from '../streams/commands.ts';

type AdministrationDeps = Pick<UseCaseDeps, 'accounts' | 'journal' | 'sessions'>;
/**
 * The prefix of the claims (unique keys) that order the removals of admins. The n-th commit that removes an
 * admin takes the claim with the number n.
 */
const ADMIN_CLAIM = 'admin-removal:';

type Origin = Pick<UseCaseContext, 'correlationId' | 'traceparent'>;

interface Target {
  readonly userId: string;
  /** Who takes the action: the account id of an admin, or `ops` for an operator. */
  readonly by: string;
}

/**
 * Changes the role of an account, and ends its sessions.
 * @throws Refused (not_found, own_account, last_admin, conflict for an unverified account)
 */
export function changeRole(
  deps: AdministrationDeps,
  { userId, by, role }: Target & { readonly role: Role },
  origin: Origin,
): Promise<AccountCommandOutcome> {
  return runCommandAndRemoveRevokedSessions(
    deps,
    userId,
    origin,
    withInfoAboutOtherAdmins(deps, { type: 'ChangeRole', role, by }),
  );
}

/**
 * Disables an account: ends its sessions and links, and stops its mails.
 * @throws Refused (not_found, own_account, last_admin)
 */
export function disableAccount(
  deps: AdministrationDeps,
  { userId, ...request }: Target & { readonly reason?: string },
  origin: Origin,
): Promise<AccountCommandOutcome> {
  const command = withInfoAboutOtherAdmins(deps, { type: 'DisableAccount', ...request });
  return runCommandAndRemoveRevokedSessions(deps, userId, origin, command);
}

/** Enables a disabled account, and cancels its erasure. @throws Refused (not_found) */
export function enableAccount(
  deps: Pick<UseCaseDeps, 'accounts'>,
  { userId, ...request }: Target & { readonly reason?: string },
  origin: Origin,
): Promise<AccountCommandOutcome> {
  return execute(deps, userId, origin, () => ({ type: 'EnableAccount', ...request }));
}

/** Ends every session of the account, and invalidates every access token. @throws Refused (not_found) */
export async function revokeSessions(
  deps: Pick<UseCaseDeps, 'accounts' | 'sessions'>,
  userId: string,
  origin: Origin,
): Promise<AccountCommandOutcome> {
  const outcome = await runCommandAndRemoveRevokedSessions(deps, userId, origin, () => ({
    type: 'RevokeSessions',
    reason: 'admin',
  }));
  if (!isLivingAccount(outcome.state)) throw new Refused('not_found');
  return outcome;
}

/**
 * Creates a function that adds information about the other admins to a command, if the account is an active
 * admin in the given state.
 */
export function withInfoAboutOtherAdmins(
  deps: Pick<UseCaseDeps, 'accounts' | 'journal'>,
  command: ChangeRoleCommand | DisableAccountCommand | RequestErasureCommand,
): CreateCommandFromState<AccountState, AccountCommand> {
  return async (state) =>
    isActiveAdmin(state) ? { ...command, otherAdmins: await otherAdmins(deps, state.userId) } : command;
}

/**
 * Returns whether another active admin exists, and the claim that the commit must take if it removes the
 * given admin. Determines the claim before it reads the other admins. If another commit removes an admin
 * after that, the other commit takes the claim, so the commit that is based on the outdated result fails.
 */
async function otherAdmins(
  { accounts, journal }: Pick<UseCaseDeps, 'accounts' | 'journal'>,
  userId: string,
): Promise<OtherAdminsCheck> {
  const claim = ADMIN_CLAIM + ((await journal.countClaims(ADMIN_CLAIM)) + 1);
  const others = (await journal.roleChanges()).filter((stream) => stream !== userId);
  for (const other of others) if (isActiveAdmin(await accounts.load(other))) return { exist: true, claim };
  return { exist: false, claim };
}

/**
 * Runs a command on an account. If the command changed the account, also deletes the sessions that it
 * revoked.
 * @throws Refused
 */
export async function runCommandAndRemoveRevokedSessions(
  deps: Pick<UseCaseDeps, 'accounts' | 'sessions'>,
  userId: string,
  origin: Origin,
  command: CreateCommandFromState<AccountState, AccountCommand>,
): Promise<AccountCommandOutcome> {
  const outcome = await execute(deps, userId, origin, command);
  if (outcome.facts.length > 0) await removeRevokedSessions(deps, outcome.state);
  return outcome;
}

async function execute(
  { accounts }: Pick<UseCaseDeps, 'accounts'>,
  userId: string,
  origin: Origin,
  command: CreateCommandFromState<AccountState, AccountCommand>,
): Promise<AccountCommandOutcome> {
  const outcome = await accounts.execute(userId, origin, command);
  if (outcome.refusal) throw new Refused(outcome.refusal);
  return outcome;
}
