export { compose, type NotifierDeps, topicsOfNotifier } from './compose.ts';
export { type NotifierConfig, notifierSettingsSchema } from './config.ts';
export { openNotifierStorage } from './storage/index.ts';
