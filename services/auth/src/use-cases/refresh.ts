/** Refresh: each token works once; a lost answer is repeated for ten seconds; an older one is a theft. */
import type { Session } from '../ports/sessions.ts';
import { Refused } from '../refused.ts';
import { bestEffort } from './best-effort.ts';
import type { Context, Deps } from './deps.ts';
import { type SignedIn, signedIn } from './login.ts';
import { isAlive } from './standing.ts';

/** How long the token before the current one still gets the current one. */
const GRACE_MS = 10_000;

/** @throws Refused (refresh_token_invalid, unavailable) */
export function refresh(deps: Deps) {
  return async (refreshToken: string, context: Context): Promise<SignedIn> => {
    const named = deps.refreshTokens.open(refreshToken);
    if (named === undefined) throw new Refused('refresh_token_invalid');
    const session = await livingSession(deps, named.sessionId);
    // Before the token is used up: whoever is told to come back later must find it as it was.
    const state = await deps.accounts.load(session.userId);
    if (!isAlive(state, session.since)) throw new Refused('refresh_token_invalid');
    const current =
      session.n === named.n
        ? await rotate(deps, named, context)
        : await lostAnswer(deps, session, named.n, context);
    return signedIn(deps, current, state);
  };
}

type Named = NonNullable<ReturnType<Deps['refreshTokens']['open']>>;

/** Another request with the same token may have been faster: then its answer is given again. */
async function rotate(deps: Deps, { sessionId, n }: Named, context: Context): Promise<Session> {
  const { ip, userAgent } = context;
  const rotated = await deps.sessions.rotate(sessionId, n, { at: deps.now(), ip, userAgent });
  if (rotated !== undefined) return rotated;
  return lostAnswer(deps, await livingSession(deps, sessionId), n, context);
}

async function livingSession({ sessions, now }: Deps, id: string): Promise<Session> {
  const session = await sessions.find(id);
  if (session === undefined || session.expiresAt <= now()) throw new Refused('refresh_token_invalid');
  return session;
}

/** For a token that is not the current one: what it got before, if that may have been lost. */
async function lostAnswer(deps: Deps, session: Session, n: number, context: Context): Promise<Session> {
  if (isLostAnswer(session, n, deps.now())) return session;
  if (n < session.n) await endStolen(deps, session, context);
  throw new Refused('refresh_token_invalid');
}

function isLostAnswer({ n, rotatedAt }: Session, presented: number, now: Date): boolean {
  return presented === n - 1 && now.getTime() - rotatedAt.getTime() <= GRACE_MS;
}

/**
 * The fact first: a crash in between leaves sessions that are dead. Where the fact is there already, sessions
 * that live now were made later: an old token must not end them.
 */
async function endStolen(deps: Deps, { userId, since }: Session, context: Context): Promise<void> {
  const { facts } = await deps.accounts.execute(userId, context, () => ({
    type: 'RevokeSessions',
    reason: 'refresh-reuse',
    since,
  }));
  if (facts.length > 0) await bestEffort(() => deps.sessions.removeAll(userId));
}
