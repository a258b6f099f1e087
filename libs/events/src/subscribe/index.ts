/** `@latchkey/events/subscribe`: calls typed handlers with account events. On Kafka it needs kafkajs. */
import { assertSupportedNodeVersion } from './required-node.ts';

export type { Parked, ParkReason, Position, RecordType, RetryOutcome } from '@latchkey/consumer';
export { type CursorStore, fileCursor, memoryCursor } from './feed/cursor-store.ts';
export { FeedRefusedError } from './feed/feed-client.ts';
export type { FeedOptions } from './feed/subscribe-to-feed.ts';
export {
  type ErasedHandler,
  type EventContext,
  type Handler,
  HandlerError,
  type Handlers,
  ParkError,
  type SubscribedEvent,
} from './handlers.ts';
export type { KafkaOptions } from './kafka.ts';
export { memoryStore } from './memory-store.ts';
export type { SequenceStore } from './sequence-store.ts';
export { type SubscribeOptions, subscribe } from './subscribe.ts';
export type { Effect, SubscriberLogger } from './subscriber.ts';
export type { Interest, Subscription } from './subscription.ts';

assertSupportedNodeVersion(process.versions.node);
