export { type AccessClaims, tokenVerifier, type VerifyToken } from './access-token.ts';
export { ACCOUNT_SEQUENCE } from './account-sequence.ts';
export {
  type AccountStanding,
  accountNotVerified,
  type Caller,
  type Guards,
  guards,
  type Standing,
} from './guards.ts';
export { fixedKeys, type KeySource, remoteKeys } from './key-source.ts';
