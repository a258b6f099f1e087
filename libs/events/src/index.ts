export { assertNever } from './assert-never.ts';
export {
  catalogue,
  type DataOf,
  type Envelope,
  type EventOf,
  type EventType,
  eventTypes,
  isEventType,
  type LatchkeyEvent,
} from './catalogue.ts';
export { type Decoded, decode, type EncodedEvent, encode, MAX_EVENT_BYTES, type RawRecord } from './codec.ts';
export type { EventContract } from './define-event.ts';
export {
  instant,
  type LinkPurpose,
  linkPurpose,
  locale,
  type Role,
  role,
  type SealedContent,
  type SealedToken,
  sealedContent,
  sealedToken,
} from './fields.ts';
export { dataSchemaUri, EVENT_SOURCE } from './headers.ts';
export { asyncApiDocument, eventJsonSchema, type JsonSchema } from './schemas.ts';
export {
  ACCOUNTS_TOPIC,
  accountsTopic,
  type EventTopic,
  MAILINGS_TOPIC,
  mailingsTopic,
  type TopicName,
  topics,
} from './topics.ts';
export { type Upcast, type Upcaster, upcast, upcasters } from './upcast.ts';
