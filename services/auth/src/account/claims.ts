/**
 * The keys by which commits can be found: the claims on addresses, the marks of addresses to release, and the instants
 * of erasures.
 */
import type { AccountFact } from './facts.ts';
import type { AccountState, ExistingAccount } from './state.ts';

const ADDRESS_PREFIX = 'address:';

/** Returns the claim on a canonical address. */
export function addressClaim(address: string): string {
  return ADDRESS_PREFIX + address;
}

/** How long a registration is kept after it has ended. */
const ENDED_KEPT_MS = 7 * 24 * 3_600_000;

/**
 * Returns the time at which the account is to be erased according to the facts; undefined if they lead to no erasure.
 */
function eraseAtOf(facts: readonly AccountFact[], at: Date): string | undefined {
  const requested = facts.find((fact) => fact.type === 'AccountErasureRequested');
  if (requested) return requested.data.eraseAt;
  const isEnded = facts.some((fact) => fact.type === 'RegistrationEnded');
  return isEnded ? new Date(at.getTime() + ENDED_KEPT_MS).toISOString() : undefined;
}

/** The prefix of the claims that mark accounts with an address to release. */
const RELEASE_PREFIX = 'release:';

const AT_ONCE = '0';

/**
 * Returns the claim that marks an account whose previous address is to be released. The claims sort by the instant from
 * which they are due.
 * @param from RFC 3339; {@link AT_ONCE} sorts before all instants
 */
function releaseClaim(from: string, userId: string, sequence: number): string {
  return `${RELEASE_PREFIX}${from}:${userId}:${sequence}`;
}

/** Returns the range of the claims whose addresses may be released at `now`. */
export function dueReleaseClaimRange(now: Date): { readonly from: string; readonly before: string } {
  // The semicolon sorts right after the colon that follows the instant in claims, so the claims of this instant are
  // included.
  return { from: RELEASE_PREFIX, before: `${RELEASE_PREFIX}${now.toISOString()};` };
}

/**
 * Returns the keys by which the commit of these facts can be found: the claim on a verified address, the address of a
 * sign-up, the instant of an erasure, and the mark of an address to release.
 * @param at the time of the commit
 */
export function lookupKeysOf(
  state: AccountState,
  facts: readonly AccountFact[],
  at: Date,
): { readonly claims?: readonly string[]; readonly address?: string; readonly eraseAt?: string } {
  const eraseAt = eraseAtOf(facts, at);
  const registered = facts.find((fact) => fact.type === 'UserRegistered');
  const claims = state.status === 'none' ? [] : facts.flatMap((fact) => claimsOf(state, fact));
  return {
    ...(claims.length > 0 && { claims }),
    ...(registered && { address: registered.private.address }),
    ...(eraseAt !== undefined && { eraseAt }),
  };
}

function claimsOf(state: ExistingAccount, fact: AccountFact): readonly string[] {
  const { userId, sequence } = state;
  switch (fact.type) {
    case 'AccountVerified':
      return [addressClaim(state.address)];
    case 'EmailChanged': {
      const { address, link } = fact.private;
      return [addressClaim(address), releaseClaim(link.expiresAt, userId, sequence)];
    }
    case 'EmailChangeReverted':
      return [releaseClaim(AT_ONCE, userId, sequence)];
    default:
      return [];
  }
}

/**
 * Claims that can be released. The addresses must be released before the marks: after a crash in between, the marks
 * then still exist.
 */
export interface SuperfluousClaims {
  readonly addresses: readonly string[];
  readonly marks: readonly string[];
}

/**
 * Returns the claims that an account no longer needs. It needs only the claims on its current address and on the
 * address that it may get back, and the mark of the latter.
 * @param claims taken by the account's commits, the last of which led to `state`
 */
export function superfluousClaims(state: AccountState, claims: readonly string[]): SuperfluousClaims {
  const { address, previous } =
    state.status === 'verified' ? state : { address: undefined, previous: undefined };
  const needed = [address, previous?.address].flatMap((each) =>
    each === undefined ? [] : addressClaim(each),
  );
  const neededMark = previous && `${RELEASE_PREFIX}${previous.link.expiresAt}:`;
  return {
    addresses: claims.filter((claim) => claim.startsWith(ADDRESS_PREFIX) && !needed.includes(claim)),
    marks: claims.filter(
      (claim) =>
        claim.startsWith(RELEASE_PREFIX) && (neededMark === undefined || !claim.startsWith(neededMark)),
    ),
  };
}
