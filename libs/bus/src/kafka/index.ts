export type { KafkaAcl, KafkaAclOperation } from './acls.ts';
export { createKafkaBus, type KafkaBus, type KafkaBusDeps } from './bus.kafka.ts';
export { KafkaRefusedError, KafkaUnavailableError } from './failures.ts';
export { createKafkaLogReader } from './reader.kafka.ts';
export type { KafkaTimeouts } from './times.ts';
export type { KafkaTopicState, TopicReplication } from './topics.ts';
