export { formatAge } from './age.ts';
export { FINDING_KINDS, type Finding, type FindingKind } from './findings.ts';
export { fingerprintOnArrival } from './fingerprints.ts';
export { type Shard, splitIntoShards } from './shards.ts';
export { createTopicIndex, type TopicIndex } from './topic-index.ts';
export { createTopicReader, type OnProgress } from './topic-reader.ts';
export { type Sources, type Verification, verify } from './verify.ts';
export type {
  DeliveryView,
  ExpiredLease,
  JournaledEvent,
  JournaledStream,
  JournalView,
  OwedDelivery,
  ProfileView,
  StoredAccount,
} from './views.ts';
