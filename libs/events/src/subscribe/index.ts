/** `@latchkey/events/subscribe`: what happens to accounts, as calls of typed handlers. Needs kafkajs. */
export {
  type EventContext,
  type Handler,
  HandlerError,
  type Handlers,
  ParkError,
  type SubscribedEvent,
} from './handlers.ts';
export { memoryStore } from './memory-store.ts';
export type { Effect, SeenType, SubscriberLogger } from './reader.ts';
export type { RetryOutcome } from './retry-parked.ts';
export type { Parked, Position, SequenceStore } from './sequence-store.ts';
export { type SubscribeOptions, subscribe } from './subscribe.ts';
export type { Interest, Subscription } from './subscription.ts';
