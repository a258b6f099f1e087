export type * from './commands.ts';
export { addressClaim, decide, keysOf, proves } from './decide.ts';
export { type AccountFact, type Fact, isAccountFact, type MailingFact } from './facts.ts';
export { resetRefusal, verificationRefusal } from './link.ts';
export type { RefusalKind } from './refusals.ts';
export { sameHash } from './same-hash.ts';
export {
  type AccountState,
  evolve,
  existing,
  initialState,
  isLiving,
  type Living,
  STATE_VERSION,
  type Unverified,
} from './state.ts';
