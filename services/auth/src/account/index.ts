export { isActiveAdmin } from './administration.ts';
export {
  computeLookupKeys,
  findUnneededAddressClaims,
  getDueReleaseClaimRange,
  toAddressClaim,
} from './claims.ts';
export type * from './commands.ts';
export { decide } from './decide.ts';
export { doesProofMatchAccount } from './decision.ts';
export { computeErasureTime } from './erasure.ts';
export { type AccountFact, type Fact, isAccountFact, type MailingFact } from './facts.ts';
export {
  checkEmailChangeLink,
  checkEmailUndoLink,
  checkErasureUndoLink,
  checkPasswordResetLink,
  checkVerificationLink,
  isLinkUnexpired,
} from './link.ts';
export type { RefusalKind } from './refusals.ts';
export { isSameHash } from './same-hash.ts';
export {
  ACCOUNT_STATE_VERSION,
  type AccountState,
  applyAccountFact,
  type ExistingAccount,
  initialAccountState,
  isLivingAccount,
  type LivingAccount,
  requireExistingAccount,
  type UnverifiedAccount,
  type VerifiedAccount,
} from './state.ts';
export { toAccountProfile } from './to-account-profile.ts';
