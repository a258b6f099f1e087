import type { Link } from './facts.ts';
import { sameHash } from './same-hash.ts';
import type { AccountState, Living } from './state.ts';

export type LinkRefusal = 'token_invalid' | 'token_expired';

/** Returns why a verification link cannot be used. A link that was used already is not refused, even if expired. */
export function verificationRefusal(
  state: AccountState,
  tokenHash: string,
  now: Date,
): LinkRefusal | undefined {
  if (state.status === 'verified')
    return matches(state.usedVerification, tokenHash) ? undefined : 'token_invalid';
  return linkRefusal(state.status === 'unverified' ? state.verification : undefined, tokenHash, now);
}

/** Returns why a reset link cannot be used. */
export function resetRefusal(state: AccountState, tokenHash: string, now: Date): LinkRefusal | undefined {
  return linkRefusal(state.status === 'none' ? undefined : state.reset, tokenHash, now);
}

/** Reports expiry only of a link that matches in full. A link works up to, but not at, the instant of its expiry. */
function linkRefusal(link: Link | undefined, tokenHash: string, now: Date): LinkRefusal | undefined {
  if (link === undefined || !matches(link, tokenHash)) return 'token_invalid';
  return now.getTime() >= Date.parse(link.expiresAt) ? 'token_expired' : undefined;
}

function matches(link: Link | undefined, tokenHash: string): boolean {
  return link !== undefined && sameHash(link.hash, tokenHash);
}

/**
 * Whether a link that was mailed, or would have been if the address were not another's, works at an instant.
 * @param at undefined: not asked for, so false
 */
export function hasUsableLink({ linksUntil }: Living, at: Date | undefined): boolean {
  return at !== undefined && linksUntil !== undefined && at.getTime() < Date.parse(linksUntil);
}
