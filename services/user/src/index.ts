export { type Administration, openAdministration } from './administration.ts';
export { type Backend, type EmbeddedBackend, userIndexes } from './backends.ts';
export { compose, type UserDeps, type UserService, userTopics } from './compose.ts';
export { type UserConfig, userSettings } from './config.ts';
export type { ParkedAccount, ParkedIn } from './projection/parked-accounts.ts';
export type { RetriedIn } from './projection/retry-parked.ts';
export type { WaitLimits } from './projection/waiting-room.ts';
