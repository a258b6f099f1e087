export { assertNever } from './assert-never.ts';
export {
  accountEventTypes,
  catalogue,
  type DataOf,
  type Envelope,
  type EventOf,
  type EventType,
  eventTypes,
  isAccountEventType,
  isEventType,
  type LatchkeyEvent,
} from './catalogue.ts';
export {
  type ChainEntry,
  type CoveredEvent,
  chainEvent,
  chainFlaw,
  digestPerson,
  eraseSalt,
  hashEvent,
  newPersonSalt,
  type PersonDigest,
} from './chain.ts';
export {
  coveredBy,
  type Decoded,
  decode,
  decodeWithProof,
  type EncodedEvent,
  encode,
  MAX_EVENT_BYTES,
  type Origin,
  type PreparedEvent,
  type Provenance,
  prepareEvent,
  type RawRecord,
  readIntactProof,
  readLinkedProof,
  type StoredData,
} from './codec.ts';
export { dataSchemaUri } from './data-schema-uri.ts';
export type { EventContract } from './define-event.ts';
export {
  instant,
  type LinkPurpose,
  linkPurpose,
  locale,
  personName,
  type Role,
  reason,
  role,
  type SealedContent,
  type SealedToken,
  sealedContent,
  sealedToken,
  username,
} from './fields.ts';
export { decodeHeader, decodeUtf8, type EventProof, parseTraceparent } from './headers.ts';
export {
  consumerName,
  decodeReceipt,
  type EncodedReceipt,
  encodeReceipt,
  isConsumerName,
  latchkeyConsumers,
  type Receipt,
} from './receipts.ts';
export {
  checkedAccountsTopic,
  heartbeatKey,
  isHeartbeat,
  parseEventKey,
  sharesKey,
  subjectOfKey,
} from './record-key.ts';
export { asyncApiDocument, eventJsonSchema, type JsonSchema } from './schemas.ts';
export {
  isSecurityEventType,
  type SecurityDataOf,
  type SecurityEvent,
  type SecurityEventOf,
  type SecurityEventType,
  securityCatalogue,
  securityEventTypes,
} from './security/catalogue.ts';
export { decodeSecurityEvent, type EncodedSecurityEvent, encodeSecurityEvent } from './security/codec.ts';
export {
  type EventSigner,
  eventKeysIn,
  eventSigner,
  isSignedBy,
  isTextSignedBy,
  keyIdOf,
  type Signature,
  signingKeyId,
  signText,
  verifySignature,
} from './signature.ts';
export {
  ACCOUNTS_TOPIC,
  accountsTopic,
  allTopics,
  DELIVERIES_TOPIC,
  deliveriesTopic,
  type EventTopic,
  erasableAccountsTopic,
  MAILINGS_TOPIC,
  mailingsTopic,
  RECEIPTS_TOPIC,
  receiptsTopic,
  SECURITY_TOPIC,
  type SecurityTopic,
  securityTopic,
  type TopicName,
  topics,
} from './topics.ts';
export { type Upcast, type Upcaster, upcast, upcasters } from './upcast.ts';
