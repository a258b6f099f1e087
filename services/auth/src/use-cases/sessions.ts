/** Sessions: seen and ended by whoever they belong to. */
import type { Session } from '../ports/sessions.ts';
import { Refused } from '../refused.ts';
import type { Outcome } from './accounts.ts';
import { bestEffort } from './best-effort.ts';
import type { Context, Deps, Signed } from './deps.ts';
import { isAlive } from './standing.ts';

/** Ends the session that a genuine refresh token names. Anything else ends nothing, and is no error. */
export function logout({ refreshTokens, sessions }: Deps) {
  return async (refreshToken: string): Promise<void> => {
    const named = refreshTokens.open(refreshToken);
    if (named === undefined) return;
    const session = await sessions.find(named.sessionId);
    if (session) await sessions.remove(session.userId, session.id);
  };
}

/** Ends every session and every access token of the account. */
export function logoutEverywhere({ accounts, sessions }: Deps) {
  return async ({ userId }: Signed, context: Context): Promise<Outcome> => {
    const outcome = await accounts.execute(userId, context, () => ({
      type: 'RevokeSessions',
      reason: 'logout-all',
    }));
    await bestEffort(() => sessions.removeAll(userId));
    return outcome;
  };
}

/** The living ones, newest login first. */
export function listSessions({ sessions, now }: Deps) {
  return async ({ userId, state }: Signed): Promise<readonly Session[]> => {
    const all = await sessions.list(userId, now());
    return all.filter(({ since }) => isAlive(state, since));
  };
}

/** @throws Refused (session_not_found) for a session that is not the caller's. */
export function endSession({ sessions }: Deps) {
  return async ({ userId }: Signed, sessionId: string): Promise<void> => {
    const removed = await sessions.remove(userId, sessionId);
    if (!removed) throw new Refused('session_not_found');
  };
}
