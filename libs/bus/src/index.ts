export {
  type Bus,
  type BusRecord,
  GroupInUseError,
  type GroupProgress,
  type Groups,
  type OutgoingRecord,
  type Slice,
  type SubscribeOptions,
  type Subscription,
  type TopicSpec,
} from './bus.ts';
export type { LogReader, PartitionRange } from './reader.ts';
export { groupIn, nameIn, type TopicNames, withGroupNames, withTopicNames } from './topic-names.ts';
