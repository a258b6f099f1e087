/** What admins and operators may do to another account. */
import type { Role } from '@latchkey/events';
import { type Command, isLiving } from '../account/index.ts';
import { bestEffort } from '../best-effort.ts';
import type { Context, Deps } from '../deps.ts';
import { Refused } from '../refused.ts';
import type { Outcome } from '../streams/accounts.ts';

type Needs = Pick<Deps, 'accounts' | 'sessions'>;
type Origin = Pick<Context, 'correlationId' | 'traceparent'>;

interface Target {
  readonly userId: string;
  /** The admin's account id, or `ops`. */
  readonly by: string;
}

/** Ends the account's sessions. @throws Refused (not_found, own_account, conflict for an unverified account) */
export function changeRole(
  deps: Needs,
  { userId, by, role }: Target & { readonly role: Role },
  origin: Origin,
): Promise<Outcome> {
  return executeAndEndSessions(deps, userId, origin, { type: 'ChangeRole', role, by });
}

/** Ends the account's sessions and links, and stops its mails. @throws Refused (not_found, own_account) */
export function disableAccount(
  deps: Needs,
  { userId, ...request }: Target & { readonly reason?: string },
  origin: Origin,
): Promise<Outcome> {
  return executeAndEndSessions(deps, userId, origin, { type: 'DisableAccount', ...request });
}

/** Enables a disabled account. @throws Refused (not_found) */
export function enableAccount(
  deps: Pick<Deps, 'accounts'>,
  { userId, ...request }: Target & { readonly reason?: string },
  origin: Origin,
): Promise<Outcome> {
  return execute(deps, userId, origin, { type: 'EnableAccount', ...request });
}

/** Ends every session and every access token of the account. @throws Refused (not_found) */
export async function revokeSessions(deps: Needs, userId: string, origin: Origin): Promise<Outcome> {
  const outcome = await executeAndEndSessions(deps, userId, origin, {
    type: 'RevokeSessions',
    reason: 'admin',
  });
  if (!isLiving(outcome.state)) throw new Refused('not_found');
  return outcome;
}

async function executeAndEndSessions(
  deps: Needs,
  userId: string,
  origin: Origin,
  command: Command,
): Promise<Outcome> {
  const outcome = await execute(deps, userId, origin, command);
  if (outcome.facts.length > 0) await bestEffort(() => deps.sessions.removeAll(userId));
  return outcome;
}

async function execute(
  { accounts }: Pick<Deps, 'accounts'>,
  userId: string,
  origin: Origin,
  command: Command,
): Promise<Outcome> {
  const outcome = await accounts.execute(userId, origin, () => command);
  if (outcome.refusal) throw new Refused(outcome.refusal);
  return outcome;
}
