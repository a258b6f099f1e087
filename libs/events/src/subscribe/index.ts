/** `@latchkey/events/subscribe`: calls typed handlers with the events of accounts. Needs kafkajs. */
export type { Parked, ParkReason, Position, RecordType, RetryOutcome } from '@latchkey/consumer';
export {
  type EventContext,
  type Handler,
  HandlerError,
  type Handlers,
  ParkError,
  type SubscribedEvent,
} from './handlers.ts';
export { memoryStore } from './memory-store.ts';
export type { SequenceStore } from './sequence-store.ts';
export { type SubscribeOptions, subscribe } from './subscribe.ts';
export type { Effect, SubscriberLogger } from './subscriber.ts';
export type { Interest, Subscription } from './subscription.ts';
