/** What admins, and ops, may do to another's account. */
import type { Role } from '@latchkey/events';
import type { Command } from '../account/index.ts';
import { Refused } from '../refused.ts';
import type { Outcome } from './accounts.ts';
import { bestEffort } from './best-effort.ts';
import type { Context, Deps } from './deps.ts';

type Needs = Pick<Deps, 'accounts' | 'sessions'>;
type Ask = { readonly userId: string; readonly by: string };

/** @throws Refused (not_found, own_account, conflict for an unverified account) */
export function changeRole(deps: Needs) {
  return (
    { userId, by, role }: Ask & { readonly role: Role },
    context: Pick<Context, 'correlationId'>,
  ): Promise<Outcome> => endingSessions(deps, userId, context, { type: 'ChangeRole', role, by });
}

/** Ends sessions and links; no more mails. @throws Refused (not_found, own_account) */
export function disableAccount(deps: Needs) {
  return ({ userId, ...ask }: Ask & { readonly reason?: string }, context: Context): Promise<Outcome> =>
    endingSessions(deps, userId, context, { type: 'DisableAccount', ...ask });
}

/** @throws Refused (not_found) */
export function enableAccount(deps: Needs) {
  return ({ userId, ...ask }: Ask & { readonly reason?: string }, context: Context): Promise<Outcome> =>
    execute(deps, userId, context, { type: 'EnableAccount', ...ask });
}

async function endingSessions(
  deps: Needs,
  userId: string,
  context: Pick<Context, 'correlationId'>,
  command: Command,
): Promise<Outcome> {
  const outcome = await execute(deps, userId, context, command);
  if (outcome.facts.length > 0) await bestEffort(() => deps.sessions.removeAll(userId));
  return outcome;
}

async function execute(
  { accounts }: Needs,
  userId: string,
  context: Pick<Context, 'correlationId'>,
  command: Command,
): Promise<Outcome> {
  const outcome = await accounts.execute(userId, context, () => command);
  if (outcome.refusal) throw new Refused(outcome.refusal);
  return outcome;
}
