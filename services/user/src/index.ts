export { compose, type UserDeps, userTopics } from './compose.ts';
export { type UserConfig, userSettings } from './config.ts';
export { userTags } from './http/routes.ts';
export type { WaitLimits } from './projection/sequence-waiter.ts';
export { openStorage } from './storage/index.ts';
