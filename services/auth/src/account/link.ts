/** Whether a link that is presented is the account's newest of its purpose, and still in its time. */
import { sameHash } from './same-hash.ts';
import type { AccountState, Link } from './state.ts';

export type LinkRefusal = 'token_invalid' | 'token_expired';

/** Why a verification link cannot be used. One that was used already is none: a second click is no error. */
export function verificationRefusal(
  state: AccountState,
  tokenHash: string,
  now: Date,
): LinkRefusal | undefined {
  const refusal = linkRefusal(state.verification, tokenHash, now);
  return refusal === 'token_expired' && state.verification?.used ? undefined : refusal;
}

/** Why a reset link cannot be used. */
export function resetRefusal(state: AccountState, tokenHash: string, now: Date): LinkRefusal | undefined {
  return linkRefusal(state.reset, tokenHash, now);
}

/** Expiry is told only of a link that matches in full. It works up to, but not at, the instant of its expiry. */
function linkRefusal(link: Link | undefined, tokenHash: string, now: Date): LinkRefusal | undefined {
  if (link === undefined || !sameHash(link.hash, tokenHash)) return 'token_invalid';
  return now.getTime() >= Date.parse(link.expiresAt) ? 'token_expired' : undefined;
}
