export type { Backend } from './backend.ts';
export { createForgeryAlarm, eventKeysHealth, eventSignatures } from './event-origin.ts';
export { busHealth, createWriteProbe, storeHealth } from './health.ts';
export {
  type KafkaConfig,
  kafkaConnection,
  kafkaSettings,
  type LogKind,
  logNameSettings,
  readLogKind,
  topicSettings,
} from './log-kinds.ts';
export {
  byKind,
  type OpenOptions,
  readServerStore,
  readStore,
  readStoreKind,
  type Store,
  type StoreConfig,
  type StoreKind,
  type StoreOf,
  settingsOfStore,
  storeSettings,
} from './store-kinds.ts';
