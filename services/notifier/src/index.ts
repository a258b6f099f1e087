export { compose, type NotifierDeps, topicsOfNotifier } from './compose.ts';
export { type NotifierConfig, notifierSettings } from './config.ts';
export { openNotifierStorage } from './storage/index.ts';
