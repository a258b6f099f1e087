export { compose, type NotifierDeps, notifierTopics } from './compose.ts';
export { type NotifierConfig, notifierSettings } from './config.ts';
export { openStorage } from './storage/index.ts';
