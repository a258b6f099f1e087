/**
 * Refresh: a token works once. After a lost answer the previous token gets the same answer for ten seconds; an
 * older token was stolen, and ends every session.
 */
import { isLiving } from '../account/index.ts';
import { bestEffort } from '../best-effort.ts';
import type { Context, Deps } from '../deps.ts';
import type { Session } from '../ports/sessions.ts';
import { Refused } from '../refused.ts';
import { type SignedIn, signedIn } from './login.ts';
import { sessionStatus } from './session-status.ts';

/** How long the previous token still gets the current one. */
const GRACE_MS = 10_000;

type Needs = Pick<Deps, 'accessTokens' | 'accounts' | 'now' | 'refreshTokens' | 'sessions'>;

/** @throws Refused (refresh_token_invalid) */
export async function refresh(deps: Needs, refreshToken: string, context: Context): Promise<SignedIn> {
  const named = deps.refreshTokens.open(refreshToken);
  if (named === undefined) throw new Refused('refresh_token_invalid');
  const session = await findUnexpired(deps, named.sessionId);
  // Loaded before the token is used up: a client that is told to retry must be able to use the same token.
  const state = await deps.accounts.load(session.userId);
  if (!isLiving(state) || sessionStatus(state, session.since) === 'revoked')
    throw new Refused('refresh_token_invalid');
  const current =
    session.n === named.n
      ? await rotate(deps, named, context)
      : await repeatLostAnswer(deps, session, named.n, context);
  return signedIn(deps, current, state);
}

type Named = NonNullable<ReturnType<Deps['refreshTokens']['open']>>;

/** If another request with the same token was faster, its answer is repeated. */
async function rotate(deps: Needs, { sessionId, n }: Named, context: Context): Promise<Session> {
  const { ip, userAgent } = context;
  const rotated = await deps.sessions.rotate(sessionId, n, { at: deps.now(), ip, userAgent });
  if (rotated !== undefined) return rotated;
  return repeatLostAnswer(deps, await findUnexpired(deps, sessionId), n, context);
}

async function findUnexpired({ sessions, now }: Needs, id: string): Promise<Session> {
  const session = await sessions.find(id);
  if (session === undefined || session.expiresAt <= now()) throw new Refused('refresh_token_invalid');
  return session;
}

/** Handles a token that is not the current one. @param n its number */
async function repeatLostAnswer(
  deps: Needs,
  session: Session,
  n: number,
  context: Context,
): Promise<Session> {
  if (mayBeLostAnswer(session, n, deps.now())) return session;
  if (n < session.n) await endStolenSessions(deps, session, context);
  throw new Refused('refresh_token_invalid');
}

function mayBeLostAnswer({ n, rotatedAt }: Session, sent: number, now: Date): boolean {
  return sent === n - 1 && now.getTime() - rotatedAt.getTime() <= GRACE_MS;
}

/**
 * Appends the event first: after a crash the sessions are revoked by it. If the event exists already, the sessions
 * that are active were created later, and an old token must not end them.
 */
async function endStolenSessions(deps: Needs, { userId, since }: Session, context: Context): Promise<void> {
  const { facts } = await deps.accounts.execute(userId, context, () => ({
    type: 'RevokeSessions',
    reason: 'refresh-reuse',
    since,
  }));
  if (facts.length > 0) await bestEffort(() => deps.sessions.removeAll(userId));
}
