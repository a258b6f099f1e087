/** Whether what was decided on a sequence of an account still counts. */
import type { AccountState } from '../account/index.ts';
import type { Deps, Signed } from './deps.ts';

/** The account lives, and nothing later than `sequence` revoked its sessions. */
export function isAlive(state: AccountState, sequence: number): boolean {
  return (
    (state.status === 'unverified' || state.status === 'verified') &&
    !state.disabled &&
    sequence >= state.revokedAt
  );
}

/** What the guards ask for each access token: the journal's state and the session, as they are now. */
export function standing(deps: Pick<Deps, 'accounts' | 'sessions' | 'now'>) {
  return async (claims: {
    readonly sub: string;
    readonly sid: string;
    readonly seq: number;
  }): Promise<(Signed & { readonly verified: boolean; readonly role: string }) | 'dead'> => {
    const [state, session] = await Promise.all([
      deps.accounts.load(claims.sub),
      deps.sessions.find(claims.sid),
    ]);
    if (session?.userId !== claims.sub || session.expiresAt <= deps.now()) return 'dead';
    if (!isAlive(state, claims.seq) || !isAlive(state, session.since)) return 'dead';
    return {
      userId: claims.sub,
      sessionId: claims.sid,
      state,
      verified: state.status === 'verified',
      role: state.role,
    };
  };
}
