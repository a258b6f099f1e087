/** Whether a token is honoured, by the read model, once that has seen what its caller has seen. */
import type { AccessClaims, AccountStanding, Standing } from '@latchkey/tokens';
import { honours, type LivingProfile } from '../profile/profile.ts';
import type { SequenceWaiter } from '../projection/sequence-waiter.ts';
import { type AccountSequence, readAccountSequence } from './account-sequence.ts';
import { answerFailures } from './problems.ts';

/** A caller comes with the profile that it was judged by, so that no route reads it twice. */
export interface ProfileStanding extends AccountStanding {
  readonly profile: LivingProfile;
  /** The other account that was waited for: what is read of it must show what the caller has seen. */
  readonly awaited?: string;
}

/**
 * Waits for the token's own account at the token's `seq`, then for what `Account-Sequence` names: the caller's
 * own account, or, for a verified admin, any other. For everybody else a header about another account is
 * ignored: it would let strangers hold up requests over accounts that are none of theirs. Another account that is
 * parked holds up what is read of it alone: who has changed it sends the header with whatever comes next.
 */
export function createStanding(
  waiter: Pick<SequenceWaiter, 'waitFor' | 'waitUntilSettled'>,
): Standing<ProfileStanding> {
  return (claims, request) =>
    answerFailures(async () => {
      const seen = readAccountSequence(request.headers['account-sequence']);
      // Judged before the second wait, so that a dead token never waits for what a header says.
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
  if (profile === undefined || !honours(profile, claims.seq)) return 'dead';
  return { verified: profile.isVerified, role: profile.role, profile };
}

function mayAwaitOthers({ verified, role }: ProfileStanding): boolean {
  return verified && role === 'admin';
}
