export { compose, type NotifierDeps, notifierTopics } from './compose.ts';
export { type NotifierConfig, notifierSettingsSchema } from './config.ts';
export { openNotifierStorage } from './storage/index.ts';
