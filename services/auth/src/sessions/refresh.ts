/**
 * Refreshes sessions. Each refresh token works once; `judgeRefreshTokenReuse` decides what happens if it is
 * used again.
 */
import { isLivingAccount } from '../account/index.ts';
import { runBestEffort } from '../best-effort.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { runEvenIfRateLimited } from '../limits/within-limits.ts';
import type { Session } from '../ports/sessions.ts';
import { Refused } from '../refused.ts';
import {
  countRefreshTokenResend,
  isSameNetwork,
  judgeRefreshTokenReuse,
} from './judge-refresh-token-reuse.ts';
import { issueSessionTokens, type SignInResult } from './login.ts';
import { removeRevokedSessions } from './remove-revoked.ts';
import { computeSessionExpiry } from './session-end.ts';
import { computeSessionStatus } from './session-status.ts';

type Needs = Pick<
  UseCaseDeps,
  'accessTokens' | 'accounts' | 'audit' | 'limits' | 'now' | 'refreshTokens' | 'sessions' | 'settings'
>;

/**
 * Exchanges a refresh token for a new access token and refresh token.
 * @throws Refused (refresh_token_invalid)
 */
export async function refreshSession(
  deps: Needs,
  refreshToken: string,
  context: UseCaseContext,
): Promise<SignInResult> {
  const named = deps.refreshTokens.open(refreshToken);
  if (named === undefined) throw new Refused('refresh_token_invalid');
  const session = await findUnexpired(deps, named.sessionId);
  // Load the account before rotating the token, so that the client can retry with the same token if loading
  // fails.
  const state = await deps.accounts.load(session.userId);
  if (!isLivingAccount(state) || computeSessionStatus(state, session) === 'revoked')
    throw new Refused('refresh_token_invalid');
  const current =
    session.n === named.n
      ? await rotate(deps, session, context)
      : await answerReuse(deps, session, named.n, context);
  return issueSessionTokens(deps, current, state);
}

/**
 * Rotates the refresh token of a session. If a concurrent request has already rotated it, the presented token
 * counts as an old one.
 */
async function rotate(deps: Needs, { id, n, createdAt }: Session, context: UseCaseContext): Promise<Session> {
  const { ip, userAgent } = context;
  const at = deps.now();
  const expiresAt = computeSessionExpiry(deps.settings, { createdAt, at });
  const { kid } = deps.refreshTokens;
  const use = { at, expiresAt, ip, userAgent, ...(kid !== undefined && { key: kid }) };
  const rotated = await deps.sessions.rotate(id, n, use);
  if (rotated !== undefined) return rotated;
  return answerReuse(deps, await findUnexpired(deps, id), n, context);
}

async function findUnexpired({ sessions, now }: Needs, id: string): Promise<Session> {
  const session = await sessions.find(id);
  if (session === undefined || session.expiresAt <= now()) throw new Refused('refresh_token_invalid');
  return session;
}

/**
 * Handles a refresh token that is no longer the current token of its session.
 * @param n the number of the presented token
 */
async function answerReuse(
  deps: Needs,
  session: Session,
  n: number,
  context: UseCaseContext,
): Promise<Session> {
  const { ip, userAgent } = context;
  const use = { n, now: deps.now(), ip, userAgent, reuseMinutes: deps.settings.refreshReuseMinutes };
  const verdict = judgeRefreshTokenReuse(session, use);
  if (verdict === 'repeat') return repeat(deps, session, n, context);
  if (verdict !== 'unknown') await endSessions(deps, session, verdict, context);
  throw new Refused('refresh_token_invalid');
}

/**
 * Records that the current token of a session is sent again, also counts this if the client is in another
 * network, and returns the session. If another request has rotated the token meanwhile, decides again what
 * to do.
 * @param n the number of the presented token, which is the one before the current token
 */
async function repeat(deps: Needs, session: Session, n: number, context: UseCaseContext): Promise<Session> {
  const { id, userId } = session;
  const repeats = countRefreshTokenResend(session, context.ip);
  if (repeats !== undefined && repeats !== session.repeats) {
    const isCurrent = await deps.sessions.setRepeats(id, repeats);
    if (!isCurrent) return answerReuse(deps, await findUnexpired(deps, id), n, context);
  }
  const network = isSameNetwork(session.ip, context.ip) ? 'same' : 'other';
  deps.audit.record({
    origin: context,
    occurrence: {
      type: 'RefreshTokenRepeated',
      data: { actor: 'unknown', accountId: userId, sessionId: id, network },
    },
    onceAMinuteFor: `${id} ${network}`,
  });
  return session;
}

/**
 * Ends one session, or all sessions of the account. Appends the event before it removes any session, so that
 * the sessions are revoked even if the process crashes before the removal. Does nothing if these sessions
 * have already been revoked, because an old token must not end sessions that began after the revocation.
 */
async function endSessions(
  deps: Needs,
  { id, userId, since }: Session,
  scope: 'end-session' | 'end-all',
  context: UseCaseContext,
): Promise<void> {
  const ended = scope === 'end-session' ? 'session' : 'all';
  const data = { actor: 'unknown', accountId: userId, sessionId: id, ended } as const;
  deps.audit.record({ origin: context, occurrence: { type: 'RefreshTokenReused', data } });
  const notices = { limit: 'notice-account', key: `sessions-ended ${userId}` } as const;
  const { facts, state } = await runEvenIfRateLimited(deps, [notices], async ({ allowed }) => {
    const outcome = await deps.accounts.execute(userId, context, () => ({
      type: 'RevokeSessions',
      reason: 'refresh-reuse',
      since,
      notifies: allowed,
      ...(scope === 'end-session' && { sessionId: id }),
    }));
    return { ...outcome, repeated: outcome.facts.length === 0 };
  });
  if (facts.length === 0) return;
  if (scope === 'end-all') await removeRevokedSessions(deps, state);
  else await runBestEffort(() => deps.sessions.remove(userId, id));
}
