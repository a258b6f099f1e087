export {
  type AccessClaims,
  type ClaimMismatch,
  createTokenVerifier,
  type VerifyToken,
} from './access-token.ts';
export {
  type ActiveSession,
  accountNotVerifiedRefusal,
  type Caller,
  createGuards,
  extractBearerToken,
  type Guard,
  type GuardedRequest,
  type Guards,
  invalidTokenDetails,
  type LookUpSessionStatus,
  type RefusalDetails,
  type RefusalSpec,
  serviceUnavailableRefusal,
} from './guards.ts';
export { ACCOUNT_SEQUENCE_HEADER, PROBLEM_TYPE_PREFIX } from './http-names.ts';
export {
  createFixedKeySource,
  createRemoteKeySource,
  type KeySource,
  KeysUnavailable,
} from './key-source.ts';
export { guardTexts } from './texts.ts';
