export type * from './commands.ts';
export { addressClaim, claimsOf, decide } from './decide.ts';
export type * from './facts.ts';
export { resetRefusal, verificationRefusal } from './link.ts';
export type { RefusalKind } from './refusals.ts';
export { type AccountState, evolve, initialState, STATE_VERSION } from './state.ts';
