export type { ServiceBackend } from './backend.ts';
export { type ClockHistory, createClockHistory } from './clock-history.ts';
export { checkEventKeysHealth, createForgedRecordReporter, eventSignaturesSetting } from './event-origin.ts';
export { checkBusHealth, checkStoreHealth, createStoreWriteProbe } from './health.ts';
export {
  type KafkaConfig,
  kafkaConnectionOf,
  kafkaSettings,
  type LogKind,
  readLogKind,
  topicAndGroupNameSettings,
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
