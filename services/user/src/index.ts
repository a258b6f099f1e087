export { type Administration, openAdministration } from './administration.ts';
export { type Backend, type EmbeddedBackend, userIndexes } from './backends.ts';
export * from './compose.ts';
export * from './config.ts';
export type { Parked } from './profile/account.ts';
export type { RetryOutcome } from './projection/retry-parked.ts';
export type { WaitLimits } from './projection/waiting-room.ts';
