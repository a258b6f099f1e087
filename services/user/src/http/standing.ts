/**
 * Decides from the read model whether a token is accepted. First waits until the read model has reached the state that
 * the caller has already seen.
 */
import type { AccessClaims, AccountStanding, LookUpStanding } from '@latchkey/tokens';
import { acceptsToken, type LivingProfile } from '../profile/profile.ts';
import type { SequenceWaiter } from '../projection/sequence-waiter.ts';
import { type AccountSequence, readAccountSequence } from './account-sequence.ts';
import { mapFailuresToProblems } from './problems.ts';

/**
 * What decides whether a request is allowed: the state of the caller's account. Contains the profile from which it
 * was read, so that no route reads the profile again.
 */
export interface ProfileStanding extends AccountStanding {
  readonly profile: LivingProfile;
  /**
   * The id of another account that the request waited for. A response about that account must include the state that
   * the caller has already seen.
   */
  readonly awaited?: string;
}

/**
 * Waits until the profiles in the store include the account's events up to the token's `seq`. Then waits in the same
 * way for the sequence in the header `Account-Sequence`, which may be that of the caller's own account or, if the
 * caller is a verified admin, of any other account. If another caller sends a header about another account, the
 * header is ignored; otherwise the caller could use it to hold requests open for accounts that are not theirs.
 * If the other account is parked, because one of its events could not be applied, only requests about that account
 * are refused: the admin who changed it sends the header with every later request.
 */
export function createStandingLookUp(
  waiter: Pick<SequenceWaiter, 'waitFor' | 'waitUntilSettled'>,
): LookUpStanding<ProfileStanding> {
  return (claims, request) =>
    mapFailuresToProblems(async () => {
      const seen = readAccountSequence(request.headers['account-sequence']);
      // The token is checked before the second wait, so that a request with an invalid token cannot wait because of its
      // header.
      const standing = await standingAt(waiter, claims, claims.seq);
      if (standing === 'dead' || seen === undefined) return standing;
      if (seen.account === claims.sub) {
        return standingAt(waiter, claims, Math.max(claims.seq, seen.sequence));
      }
      if (!mayAwaitOthers(standing)) return standing;
      await waiter.waitUntilSettled(seen.account, seen.sequence, claims.sub);
      return { ...standing, awaited: seen.account };
    });
}

async function standingAt(
  waiter: Pick<SequenceWaiter, 'waitFor'>,
  claims: AccessClaims,
  sequence: AccountSequence['sequence'],
): Promise<ProfileStanding | 'dead'> {
  const { profile } = await waiter.waitFor(claims.sub, sequence, claims.sub);
  if (profile === undefined || !acceptsToken(profile, claims.seq)) return 'dead';
  return { verified: profile.isVerified, role: profile.role, profile };
}

function mayAwaitOthers({ verified, role }: ProfileStanding): boolean {
  return verified && role === 'admin';
}
