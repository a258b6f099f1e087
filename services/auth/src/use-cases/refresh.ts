/** Refresh: each token works once; a lost answer is repeated for ten seconds; an older one is a theft. */
import { Problem } from '@latchkey/service';
import { authProblems } from '../http/problems.ts';
import type { Session } from '../ports/sessions.ts';
import type { Context, Deps } from './deps.ts';
import { type SignedIn, signedIn } from './login.ts';
import { followUp } from './reachable.ts';
import { isAlive } from './standing.ts';

/** How long the token before the current one still gets the current one. */
const GRACE_MS = 10_000;

/** @throws Problem (refresh_token_invalid, unavailable) */
export const refresh =
  (deps: Deps) =>
  async (refreshToken: string, context: Context): Promise<SignedIn> => {
    const named = deps.refreshTokens.open(refreshToken);
    if (named === undefined) throw invalid();
    // First the one step that decides, and that nearly everybody needs: a session that turns out to be dead may
    // be rotated all the same.
    const rotated = await rotate(deps, named, context);
    const session = rotated ?? (await livingSession(deps, named.sessionId));
    const state = await deps.accounts.load(session.userId);
    if (!isAlive(state, session.since)) throw invalid();
    if (rotated === undefined) await refuseUnlessLost(deps, session, named.n, context);
    return signedIn(deps, session, state);
  };

type Named = NonNullable<ReturnType<Deps['refreshTokens']['open']>>;

const rotate = ({ sessions, now }: Deps, { sessionId, n }: Named, { ip, userAgent }: Context) =>
  sessions.rotate(sessionId, n, { at: now(), ip, userAgent });

const livingSession = async ({ sessions, now }: Deps, id: string): Promise<Session> => {
  const session = await sessions.find(id);
  if (session === undefined || session.expiresAt <= now()) throw invalid();
  return session;
};

/** For a token that is not the current one (any more: another request with it may have been faster). */
const refuseUnlessLost = async (deps: Deps, session: Session, n: number, context: Context): Promise<void> => {
  if (isLostAnswer(session, n, deps.now())) return;
  if (n < session.n) await endStolen(deps, session, context);
  throw invalid();
};

const isLostAnswer = ({ n, rotatedAt }: Session, presented: number, now: Date): boolean =>
  presented === n - 1 && now.getTime() - rotatedAt.getTime() <= GRACE_MS;

/**
 * The fact first: a crash in between leaves sessions that are dead. Where the fact is there already, sessions
 * that live now were made later: an old token must not end them.
 */
const endStolen = async (deps: Deps, { userId, since }: Session, context: Context): Promise<void> => {
  const { facts } = await deps.accounts.execute(userId, context, () => ({
    type: 'RevokeSessions',
    reason: 'refresh-reuse',
    since,
  }));
  if (facts.length > 0) await followUp(() => deps.sessions.removeAll(userId));
};

/** The same words for every reason. */
const invalid = (): Problem =>
  new Problem(authProblems.refresh_token_invalid, {
    detail: 'The refresh token is not valid, or not any more. Log in again.',
  });
