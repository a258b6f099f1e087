export * from './bus.ts';
export type { LogReader, PartitionRange } from './reader.ts';
export { groupIn, nameIn, type TopicNames, withGroupNames, withTopicNames } from './topic-names.ts';
