import type { MailedLink } from './facts.ts';
import { isSameHash } from './same-hash.ts';
import type { AccountState, LivingAccount } from './state.ts';

/** The reasons for which a mailed link is refused. */
export type LinkRefusal = 'token_invalid' | 'token_expired';

/**
 * Returns why a verification link is refused; undefined if it is valid. A link that was already used is still
 * accepted, even after its expiry.
 */
export function checkVerificationLink(
  state: AccountState,
  tokenHash: string,
  now: Date,
): LinkRefusal | undefined {
  if (state.status === 'verified')
    return matches(state.usedVerification, tokenHash) ? undefined : 'token_invalid';
  return linkRefusal(state.status === 'unverified' ? state.verification : undefined, tokenHash, now);
}

/** Returns why a password reset link is refused; undefined if it is valid. */
export function checkPasswordResetLink(
  state: AccountState,
  tokenHash: string,
  now: Date,
): LinkRefusal | undefined {
  return linkRefusal(state.status === 'none' ? undefined : state.reset, tokenHash, now);
}

/** Returns why a link that cancels an erasure is refused; undefined if it is valid. */
export function checkErasureUndoLink(
  state: AccountState,
  tokenHash: string,
  now: Date,
): LinkRefusal | undefined {
  return linkRefusal(state.status === 'none' ? undefined : state.erasure?.undo, tokenHash, now);
}

/**
 * Returns why a link is refused; undefined if it is valid. An incorrect token is always `token_invalid`, even
 * if the link has expired.
 */
function linkRefusal(link: MailedLink | undefined, tokenHash: string, now: Date): LinkRefusal | undefined {
  if (link === undefined || !matches(link, tokenHash)) return 'token_invalid';
  return isLinkUnexpired(link, now) ? undefined : 'token_expired';
}

/** Returns whether a link has not expired yet. At exactly `expiresAt` it has expired. */
export function isLinkUnexpired({ expiresAt }: Pick<MailedLink, 'expiresAt'>, now: Date): boolean {
  return now.getTime() < Date.parse(expiresAt);
}

function matches(link: MailedLink | undefined, tokenHash: string): boolean {
  return link !== undefined && isSameHash(link.hash, tokenHash);
}

/**
 * Returns why a link that confirms a new address is refused; undefined if it is valid. A link that was
 * already used is still accepted, even after its expiry.
 */
export function checkEmailChangeLink(
  state: AccountState,
  tokenHash: string,
  now: Date,
): LinkRefusal | undefined {
  if (state.status !== 'verified') return 'token_invalid';
  if (matches(state.usedEmailChange, tokenHash)) return undefined;
  return linkRefusal(state.emailChange?.link, tokenHash, now);
}

/** Returns why a link that undoes a change of address is refused; undefined if it is valid. */
export function checkEmailUndoLink(
  state: AccountState,
  tokenHash: string,
  now: Date,
): LinkRefusal | undefined {
  return linkRefusal(state.status === 'verified' ? state.previous?.link : undefined, tokenHash, now);
}

/**
 * Returns whether the account has a link that is valid at the given time. A withheld link counts as well:
 * otherwise, the response would reveal that another account has the address.
 * @param at if undefined, the result is false
 */
export function hasUsableLink({ linksUntil }: LivingAccount, at: Date | undefined): boolean {
  return at !== undefined && linksUntil !== undefined && at.getTime() < Date.parse(linksUntil);
}
