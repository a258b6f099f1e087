export type { Backend } from './backend.ts';
export { type ClockHistory, createClockHistory } from './clock-history.ts';
export { createForgeryAlarm, eventKeysHealth, eventSignaturesSetting } from './event-origin.ts';
export { busHealth, createWriteProbe, storeHealth } from './health.ts';
export {
  type KafkaConfig,
  kafkaConnectionOf,
  kafkaSettings,
  type LogKind,
  logNameSettings,
  readLogKind,
  topicNameSettings,
} from './log-kinds.ts';
export {
  type EmbeddedLog,
  type OpenStoreOptions,
  openEmbeddedLog,
  readEmbeddedStoreConfig,
  readServerStoreConfig,
  readStoreConfig,
  readStoreKind,
  type Store,
  type StoreConfig,
  type StoreKind,
  type StoresByKind,
  selectByStoreKind,
  storeKindSettings,
  storeSettings,
} from './store-kinds.ts';
