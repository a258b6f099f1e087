export * from './bus.ts';
export type { LogReader, PartitionRange } from './reader.ts';
