export type { Acl, AclOperation } from './acls.ts';
export { createKafkaBus, type KafkaBus, type KafkaBusDeps } from './bus.kafka.ts';
export { KafkaRefusedError, KafkaUnavailableError } from './failures.ts';
export { createKafkaReader } from './reader.kafka.ts';
export type { KafkaTimeouts } from './times.ts';
export type { Replication, TopicState } from './topics.ts';
