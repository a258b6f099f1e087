export { compose, topicsOfUserService, type UserDeps } from './compose.ts';
export { type UserConfig, userSettingsSchema } from './config.ts';
export { userOpenApiTags } from './http/routes.ts';
export type { SequenceWaitLimits } from './projection/sequence-waiter.ts';
export { openUserStorage } from './storage/index.ts';
