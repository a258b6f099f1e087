/** Lists and ends the caller's sessions. */
import type { Caller, UseCaseContext, UseCaseDeps } from '../deps.ts';
import { runWithinLimits } from '../limits/within-limits.ts';
import type { AuditSink } from '../ports/audit.ts';
import type { Session, SessionPage, SessionPosition } from '../ports/sessions.ts';
import { Refused } from '../refused.ts';
import type { AccountCommandOutcome } from '../streams/accounts.ts';
import { removeRevokedSessions } from './remove-revoked.ts';
import { computeSessionStatus } from './session-status.ts';

/** Ends the session to which a refresh token belongs. Does nothing if the token is forged or malformed. */
export async function logout(
  { refreshTokens, sessions, audit }: Pick<UseCaseDeps, 'refreshTokens' | 'sessions' | 'audit'>,
  refreshToken: string,
  context: UseCaseContext,
): Promise<void> {
  const named = refreshTokens.open(refreshToken);
  if (named === undefined) return;
  const session = await sessions.find(named.sessionId);
  if (session === undefined || !(await sessions.remove(session.userId, session.id))) return;
  recordEnd(audit, session.userId, { sessionId: session.id, by: 'logout' }, context);
}

function recordEnd(
  audit: AuditSink,
  accountId: string,
  ended: { readonly sessionId: string; readonly by: 'logout' | 'list' },
  context: UseCaseContext,
): void {
  const data = { actor: accountId, accountId, ...ended };
  audit.record({ origin: context, occurrence: { type: 'SessionEnded', data } });
}

/**
 * Ends every session of the caller's account, and invalidates every access token.
 * @throws Refused (rate_limited)
 */
export async function logoutEverywhere(
  { accounts, limits, sessions }: Pick<UseCaseDeps, 'accounts' | 'limits' | 'sessions'>,
  { userId }: Caller,
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  const outcome = await runWithinLimits({ limits }, [{ limit: 'logout-all-account', key: userId }], () =>
    accounts.execute(userId, context, () => ({ type: 'RevokeSessions', reason: 'logout-all' })),
  );
  await removeRevokedSessions({ sessions }, outcome.state);
  return outcome;
}

/**
 * Returns a page of the caller's active sessions, newest login first.
 * @returns `next`, the position of the last session of the page, if there may be more
 */
export async function listSessions(
  { sessions, now }: Pick<UseCaseDeps, 'sessions' | 'now'>,
  { userId, state }: Caller,
  { limit, after }: SessionPage,
): Promise<{ readonly sessions: readonly Session[]; readonly next?: SessionPosition | undefined }> {
  const found = await sessions.list(userId, now(), { limit: limit + 1, after });
  const all = found.slice(0, limit);
  return {
    sessions: all.filter((session) => computeSessionStatus(state, session) === 'active'),
    ...(found.length > limit && { next: all.at(-1) }),
  };
}

/**
 * Ends one of the caller's sessions.
 * @throws Refused (session_not_found) if the caller has no such session
 */
export async function endSession(
  { sessions, audit }: Pick<UseCaseDeps, 'sessions' | 'audit'>,
  sessionId: string,
  { userId }: Caller,
  context: UseCaseContext,
): Promise<void> {
  const removed = await sessions.remove(userId, sessionId);
  if (!removed) throw new Refused('session_not_found');
  recordEnd(audit, userId, { sessionId, by: 'list' }, context);
}
