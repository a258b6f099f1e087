export { createEmbeddedBus, type EmbeddedBus, type EmbeddedBusDeps } from './bus.embedded.ts';
export type { BusLogger } from './lane.ts';
export type { RecordsQuery, TopicSummary } from './log.ts';
export { createEmbeddedReader } from './reader.embedded.ts';
