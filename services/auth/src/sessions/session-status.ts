/** Decides from the account's events whether a session or access token has been revoked. */
import { type AccountCommand, type AccountState, isLivingAccount } from '../account/index.ts';
import type { Caller, UseCaseDeps } from '../deps.ts';
import type { Session } from '../ports/sessions.ts';
import { Refused } from '../refused.ts';
import type { CreateCommandFromState } from '../streams/commands.ts';

export type SessionStatus = 'active' | 'revoked';

/**
 * Returns whether a session is active or revoked. Sessions of an account that has ended or is disabled count
 * as revoked. Does not consider when the session expires.
 */
export function computeSessionStatus(
  state: AccountState,
  { id, since }: Pick<Session, 'id' | 'since'>,
): SessionStatus {
  const isStanding = isLivingAccount(state) && !state.disabled;
  return isStanding && since >= state.allRevokedAt && !state.revokedSessions.includes(id)
    ? 'active'
    : 'revoked';
}

/** The claims of an access token that identify the caller. */
interface Claims {
  /** The id of the account to which the token belongs. */
  readonly sub: string;
  /** The id of the session for which the access token was issued. */
  readonly sid: string;
  /** The sequence of the account's last event when the token was issued. */
  readonly seq: number;
}

/**
 * Returns the caller who presents an access token; undefined if the session has ended or was revoked, or if
 * the account has ended.
 */
export async function findCallerOfToken(
  {
    accounts,
    sessions,
    now,
  }: Pick<UseCaseDeps, 'now'> & {
    readonly accounts: Pick<UseCaseDeps['accounts'], 'load'>;
    readonly sessions: Pick<UseCaseDeps['sessions'], 'find'>;
  },
  { sub, sid, seq }: Claims,
): Promise<Caller | undefined> {
  const [state, session] = await Promise.all([accounts.load(sub), sessions.find(sid)]);
  if (session?.userId !== sub || session.expiresAt <= now()) return undefined;
  if (!isLivingAccount(state) || seq < state.revokedAt || computeSessionStatus(state, session) === 'revoked')
    return undefined;
  return { userId: sub, sessionId: sid, state };
}

/**
 * Wraps the function that creates a command. The wrapped function refuses the command if the caller's
 * sessions were revoked after the route had checked the caller's token. A request that is in progress when
 * all sessions are ended therefore changes nothing.
 * @throws Refused (unauthenticated), from the returned function
 */
export function refuseRevokedCaller(
  { state: checked }: Pick<Caller, 'state'>,
  ask: CreateCommandFromState<AccountState, AccountCommand>,
): CreateCommandFromState<AccountState, AccountCommand> {
  return (state) => {
    if (!isLivingAccount(state) || state.revokedAt > checked.revokedAt) throw new Refused('unauthenticated');
    return ask(state);
  };
}
