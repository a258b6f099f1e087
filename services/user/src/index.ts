export { compose, topicsOfUserService, type UserServiceDeps } from './compose.ts';
export { type UserServiceConfig, userSettingsSchema } from './config.ts';
export { userOpenApiTags } from './http/routes.ts';
export type { SequenceWaitLimits } from './projection/sequence-waiter.ts';
export { openUserStorage } from './storage/index.ts';
