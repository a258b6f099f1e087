export type * from './commands.ts';
export {
  addressClaim,
  decide,
  dueReleases,
  erasureInstant,
  isActiveAdmin,
  keysOf,
  proofMatchesSignUp,
  superfluousClaims,
} from './decide.ts';
export { type AccountFact, type Fact, isAccountFact, type MailingFact } from './facts.ts';
export {
  emailChangeRefusal,
  emailUndoRefusal,
  erasureRefusal,
  isCurrent,
  resetRefusal,
  verificationRefusal,
} from './link.ts';
export type { RefusalKind } from './refusals.ts';
export { sameHash } from './same-hash.ts';
export {
  type AccountState,
  type Existing,
  evolve,
  initialState,
  isLiving,
  type Living,
  requireExisting,
  STATE_VERSION,
  type Unverified,
  type Verified,
} from './state.ts';
