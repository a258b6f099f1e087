export type { Backend } from './backend.ts';
export { createForgeryAlarm, eventKeysHealth, eventSignaturesSetting } from './event-origin.ts';
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
  type OpenOptions,
  readServerStoreConfig,
  readStore,
  readStoreKind,
  type Store,
  type StoreConfig,
  type StoreKind,
  type StoresByKind,
  selectByKind,
  storeKindSettings,
  storeSettings,
} from './store-kinds.ts';
