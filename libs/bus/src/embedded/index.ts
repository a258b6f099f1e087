export { createEmbeddedBus, type EmbeddedBus, type EmbeddedBusDeps } from './bus.embedded.ts';
export type { LatestRecordsQuery, StoredTopicSummary } from './log.ts';
export type { BusLogger } from './partition-consumer.ts';
export { createEmbeddedLogReader } from './reader.embedded.ts';
