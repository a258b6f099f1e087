export { type AccessClaims, tokenVerifier, type VerifyToken } from './access-token.ts';
export {
  type AccountStanding,
  accountNotVerified,
  type Caller,
  type Guards,
  guards,
  type Standing,
} from './guards.ts';
export { fixedKeys, type KeySource, remoteKeys } from './key-source.ts';
