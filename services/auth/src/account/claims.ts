/**
 * Computes the keys that the journal stores with each commit, so that commits can be looked up. An address
 * claim reserves an address for one account, a release claim schedules the release of a previous address, and
 * `eraseAt` schedules an erasure.
 */
import type { AccountFact } from './facts.ts';
import type { AccountState, ExistingAccount } from './state.ts';

const ADDRESS_PREFIX = 'address:';

/**
 * Returns the address claim for a canonical email address: the unique key in the journal that reserves the
 * address for one account.
 */
export function toAddressClaim(address: string): string {
  return ADDRESS_PREFIX + address;
}

/**
 * How long an account is kept after its registration has ended without verification, in ms. The account is
 * then erased.
 */
const ENDED_KEPT_MS = 7 * 24 * 3_600_000;

/**
 * Returns the time at which new facts require that the account is erased; undefined if the facts neither
 * request an erasure nor end the registration.
 */
function eraseAtOf(facts: readonly AccountFact[], at: Date): string | undefined {
  const requested = facts.find((fact) => fact.type === 'AccountErasureRequested');
  if (requested) return requested.data.eraseAt;
  const isEnded = facts.some((fact) => fact.type === 'RegistrationEnded');
  return isEnded ? new Date(at.getTime() + ENDED_KEPT_MS).toISOString() : undefined;
}

/**
 * The prefix of release claims. A release claim tells the clean-up that an account still claims an address
 * that it no longer uses.
 */
const RELEASE_PREFIX = 'release:';

const AT_ONCE = '0';

/**
 * Returns a release claim for an account. Its key begins with the time from which the address may be
 * released. Therefore the clean-up finds all claims that are due with one range query.
 * @param from RFC 3339, or {@link AT_ONCE}, which sorts before all times
 */
function releaseClaim(from: string, userId: string, sequence: number): string {
  return `${RELEASE_PREFIX}${from}:${userId}:${sequence}`;
}

/** Returns the key range that contains all release claims that are due at `now`. */
export function getDueReleaseClaimRange(now: Date): { readonly from: string; readonly before: string } {
  // In a release claim, a colon follows the time. A semicolon sorts immediately after a colon, so the range
  // includes the claims that are due at exactly `now`.
  return { from: RELEASE_PREFIX, before: `${RELEASE_PREFIX}${now.toISOString()};` };
}

/**
 * Returns the lookup keys of a commit: the claims that its facts take, the address of a new sign-up, and the
 * time of a scheduled erasure.
 * @param at the time of the commit
 */
export function computeLookupKeys(
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
      return [toAddressClaim(state.address)];
    case 'EmailChanged': {
      const { address, link } = fact.private;
      return [toAddressClaim(address), releaseClaim(link.expiresAt, userId, sequence)];
    }
    case 'EmailChangeReverted':
      return [releaseClaim(AT_ONCE, userId, sequence)];
    default:
      return [];
  }
}

/**
 * The claims that an account no longer needs. The address claims must be released before the release claims.
 * After a crash in between, the next clean-up then still finds the account by its release claims, and
 * continues.
 */
export interface UnneededAddressClaims {
  readonly addressClaims: readonly string[];
  readonly releaseClaims: readonly string[];
}

/**
 * Returns the claims that an account no longer needs. A verified account needs the claim on its current
 * address. While a change of address can be undone, the account also needs the claim on its previous address,
 * and the release claim for it.
 * @param claims all claims that the account's commits have taken, up to the commit that led to `state`
 */
export function findUnneededAddressClaims(
  state: AccountState,
  claims: readonly string[],
): UnneededAddressClaims {
  const { address, previous } =
    state.status === 'verified' ? state : { address: undefined, previous: undefined };
  const needed = [address, previous?.address].flatMap((each) =>
    each === undefined ? [] : toAddressClaim(each),
  );
  const neededReleaseClaim = previous && `${RELEASE_PREFIX}${previous.link.expiresAt}:`;
  return {
    addressClaims: claims.filter((claim) => claim.startsWith(ADDRESS_PREFIX) && !needed.includes(claim)),
    releaseClaims: claims.filter(
      (claim) =>
        claim.startsWith(RELEASE_PREFIX) &&
        (neededReleaseClaim === undefined || !claim.startsWith(neededReleaseClaim)),
    ),
  };
}
