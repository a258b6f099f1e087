export { formatDurationInLargestUnit } from './age.ts';
export {
  type Anchor,
  type AnchorsToCompare,
  assembleAnchors,
  createAnchor,
  findAnchorFlaw,
  parseAnchor,
  selectGenuineAnchors,
  splitAnchorIntoParts,
} from './anchor.ts';
export { FINDING_KINDS, type Finding, type FindingKind } from './findings.ts';
export { computeEventFingerprint, computePublishedFingerprint } from './fingerprints.ts';
export { createShards, type ShardFilter } from './shards.ts';
export { findUnsignedEvents, type LookUpPublicKey } from './signatures.ts';
export { createTopicIndex, type TopicIndex } from './topic-index.ts';
export { createTopicReader, type OnProgress } from './topic-reader.ts';
export {
  journalTopics,
  type VerificationResult,
  type VerifyOptions,
  type VerifySources,
  verifySystem,
} from './verify.ts';
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
