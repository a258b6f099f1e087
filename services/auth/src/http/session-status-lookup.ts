import type { LookUpSessionStatus } from '@latchkey/tokens';
import type { Caller, UseCaseDeps } from '../deps.ts';
import { findCallerOfToken } from '../sessions/session-status.ts';
import { mapFailuresToProblems } from './problems.ts';

/** Creates the function with which guards look up the current account and session of an access token. */
export function createSessionStatusLookup(
  deps: Pick<UseCaseDeps, 'accounts' | 'sessions' | 'now'>,
): LookUpSessionStatus<Caller & { readonly verified: boolean; readonly role: string }> {
  return async (claims) => {
    const caller = await mapFailuresToProblems(() => findCallerOfToken(deps, claims));
    if (caller === undefined) return 'revoked';
    const { status, role } = caller.state;
    return { ...caller, verified: status === 'verified', role };
  };
}
