export * from './bus.ts';
export type { LogReader, PartitionRange } from './reader.ts';
export { nameIn, type TopicNames, withTopicNames } from './topic-names.ts';
