export {
  type Bus,
  type BusRecord,
  type BusSubscribeOptions,
  type BusSubscription,
  type CompactionSpec,
  ConsumerGroupInUseError,
  type ConsumerGroupProgress,
  type ConsumerGroups,
  computeSegmentDurationMs,
  type OutgoingRecord,
  type PartitionSlice,
  type ReplaceRecord,
  type TopicSpec,
} from './bus.ts';
export type { KafkaConnection, KafkaSaslCredentials } from './kafka/connection.ts';
export { partitionOfKey } from './partitioner.ts';
export type { LogReader, PartitionOffsetRange } from './reader.ts';
export type { LogTail } from './tail.ts';
export {
  groupNameOnLog,
  type TopicNamesOnLog,
  topicNameOnLog,
  withGroupNames,
  withTopicNames,
} from './topic-names.ts';
