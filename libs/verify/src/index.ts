export { formatAge } from './age.ts';
export { type Anchor, anchorFlaw, anchorsIn, makeAnchor, parseAnchor, partsOf } from './anchor.ts';
export { FINDING_KINDS, type Finding, type FindingKind } from './findings.ts';
export { fingerprint, receivedFingerprint } from './fingerprints.ts';
export { type Shard, splitIntoShards } from './shards.ts';
export { type KeyOf, unsignedEvents } from './signatures.ts';
export { createTopicIndex, type TopicIndex } from './topic-index.ts';
export { createTopicReader, type OnProgress } from './topic-reader.ts';
export { journalTopics, type Sources, type Verification, verify } from './verify.ts';
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
