/** `@latchkey/guard`: identifies the caller of a request, and checks what the account may do. */
export type { AccessClaims } from '@latchkey/tokens';
export {
  type Caller,
  type Check,
  createGuard,
  type Guard,
  type GuardOptions,
} from './guard.ts';
export { type IntrospectionOptions, introspection } from './introspection.ts';
export type { GuardLogger } from './logger.ts';
export { type ProblemAnswer, Refusal } from './refusal.ts';
export { type CurrentClaims, type RevocationCheck, RevocationsUnavailable } from './session-status.ts';
