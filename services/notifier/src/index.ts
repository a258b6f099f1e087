export { compose, type EmbeddedBackend, type NotifierDeps } from './compose.ts';
export { type NotifierConfig, notifierSettings } from './config.ts';
