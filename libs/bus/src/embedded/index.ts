export { createEmbeddedBus, type EmbeddedBus, type EmbeddedBusDeps } from './bus.embedded.ts';
export type { RecordsQuery, TopicSummary } from './log.ts';
export type { BusLogger } from './partition-consumer.ts';
export { createEmbeddedReader } from './reader.embedded.ts';
