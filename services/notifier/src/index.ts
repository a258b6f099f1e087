export {
  compose,
  type EmbeddedBackend,
  type NotifierDeps,
  notifierIndexes,
  notifierTopics,
} from './compose.ts';
export { type NotifierConfig, notifierSettings } from './config.ts';
