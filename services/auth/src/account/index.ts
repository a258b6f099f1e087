export { addressClaim, dueReleaseClaimRange, lookupKeysOf, superfluousClaims } from './claims.ts';
export type * from './commands.ts';
export { decide, erasureInstant, isActiveAdmin, proofMatchesAccount } from './decide.ts';
export { type AccountFact, type Fact, isAccountFact, type MailingFact } from './facts.ts';
export {
  emailChangeRefusal,
  emailUndoRefusal,
  erasureUndoRefusal,
  isUnexpired,
  resetRefusal,
  verificationRefusal,
} from './link.ts';
export type { RefusalKind } from './refusals.ts';
export { isSameHash } from './same-hash.ts';
export {
  type AccountState,
  type ExistingAccount,
  evolve,
  initialState,
  isLiving,
  type LivingAccount,
  requireExistingAccount,
  STATE_VERSION,
  type UnverifiedAccount,
  type VerifiedAccount,
} from './state.ts';
