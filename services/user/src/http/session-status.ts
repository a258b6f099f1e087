/**
 * Decides from the read model whether to accept an access token. First waits until the read model includes the
 * changes that the caller already knows of.
 */
import type { AccessClaims, ActiveSession, LookUpSessionStatus } from '@latchkey/tokens';
import { isTokenAccepted, type LivingProfile } from '../profile/profile.ts';
import type { SequenceWaiter } from '../projection/sequence-waiter.ts';
import { type AccountSequence, parseAccountSequence } from './account-sequence.ts';
import { mapFailuresToProblems } from './problems.ts';

/**
 * The state of the caller's account, which decides whether a request is allowed. Includes the profile, so that routes
 * do not have to read it again.
 */
export interface ActiveSessionWithProfile extends ActiveSession {
  readonly profile: LivingProfile;
  /**
   * The id of the account in the header `Account-Sequence`, if it is not the caller's own account. When this
   * field is set, the read model already includes the change that the header names.
   */
  readonly awaited?: string;
}

/**
 * Creates a function that looks up the state of the caller's account. The function waits until the stored
 * profile includes the account's events up to the token's `seq`. If the request has the header
 * `Account-Sequence`, the function then waits for the sequence in the header:
 * - Every caller may name their own account.
 * - A verified admin may name any account. If that account is parked, because one of its events could not be
 *   applied, the function does not refuse the request, because the admin's client sends the header with every
 *   later request. Only requests about the parked account itself are refused.
 * - The function ignores all other headers, because callers could use them to hold requests open.
 */
export function createSessionStatusLookup(
  waiter: Pick<SequenceWaiter, 'waitFor' | 'waitUntilSettled'>,
): LookUpSessionStatus<ActiveSessionWithProfile> {
  return (claims, request) =>
    mapFailuresToProblems(async () => {
      const seen = parseAccountSequence(request.headers['account-sequence']);
      // Check the token before the wait for the header's sequence, so that nobody can hold a request open
      // with an invalid token.
      const session = await sessionStatusAt(waiter, claims, claims.seq);
      if (session === 'revoked' || seen === undefined) return session;
      if (seen.account === claims.sub) {
        return sessionStatusAt(waiter, claims, Math.max(claims.seq, seen.sequence));
      }
      if (!mayAwaitOthers(session)) return session;
      await waiter.waitUntilSettled(seen.account, seen.sequence, claims.sub);
      return { ...session, awaited: seen.account };
    });
}

async function sessionStatusAt(
  waiter: Pick<SequenceWaiter, 'waitFor'>,
  claims: AccessClaims,
  sequence: AccountSequence['sequence'],
): Promise<ActiveSessionWithProfile | 'revoked'> {
  const { profile } = await waiter.waitFor(claims.sub, sequence, claims.sub);
  if (profile === undefined || !isTokenAccepted(profile, claims.seq)) return 'revoked';
  return { verified: profile.isVerified, role: profile.role, profile };
}

function mayAwaitOthers({ verified, role }: ActiveSessionWithProfile): boolean {
  return verified && role === 'admin';
}
