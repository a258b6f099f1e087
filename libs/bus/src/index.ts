export {
  type Bus,
  type BusRecord,
  type CompactionSpec,
  type ConsumerGroups,
  GroupInUseError,
  type GroupProgress,
  type OutgoingRecord,
  type PartitionSlice,
  type ReplaceRecord,
  type SubscribeOptions,
  type Subscription,
  segmentMsForCompaction,
  type TopicSpec,
} from './bus.ts';
export type { KafkaConnection, KafkaSasl } from './kafka/connection.ts';
export { partitionOfKey } from './partitioner.ts';
export type { LogReader, PartitionRange } from './reader.ts';
export type { LogTail } from './tail.ts';
export {
  groupNameOnLog,
  type TopicNames,
  topicNameOnLog,
  withGroupNames,
  withTopicNames,
} from './topic-names.ts';
