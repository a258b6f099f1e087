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
    const session = await deps.sessions.find(named.sessionId);
    if (session === undefined || session.expiresAt <= deps.now()) throw invalid();
    const state = await deps.accounts.load(session.userId);
    if (!isAlive(state, session.since)) throw invalid();
    const current = await advance(deps, session, named.n, context);
    return signedIn(deps, current, state);
  };

/** The session as it is once token `n` has been presented. */
const advance = async (deps: Deps, session: Session, n: number, context: Context): Promise<Session> => {
  if (n === session.n) return rotate(deps, session, context);
  if (isLostAnswer(session, n, deps.now())) return session;
  if (n < session.n) await endStolen(deps, session, context);
  throw invalid();
};

const rotate = async (deps: Deps, session: Session, { ip, userAgent }: Context): Promise<Session> => {
  const at = deps.now();
  const rotated = await deps.sessions.rotate(session.id, session.n, { at, ip, userAgent });
  if (rotated) return { ...session, n: session.n + 1, rotatedAt: at };
  // Another request with the same token was faster by a moment: within the grace by definition.
  const after = await deps.sessions.find(session.id);
  if (after !== undefined && isLostAnswer(after, session.n, deps.now())) return after;
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
