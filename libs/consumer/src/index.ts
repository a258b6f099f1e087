export {
  type Authenticate,
  type AuthenticatedSlice,
  type AuthenticateOptions,
  createAuthenticate,
  type ForgedRecord,
  type SignaturePolicy,
} from './authenticate.ts';
export { type CatchUp, createCatchUp } from './catch-up.ts';
export {
  createFixedEventKeys,
  createRemoteEventKeys,
  type EventKeys,
  EventKeysUnavailable,
} from './event-keys.ts';
export { accountsIn, type FoldedRecord, foldSlice, type SliceOutcome } from './fold-slice.ts';
export { createMemoryPositions } from './memory-positions.ts';
export {
  type ApplyEvent,
  type Effect,
  type FirstEvent,
  isRefusedEvent,
  markToRetry,
  type NextStep,
  nextStep,
  type RefusedEvent,
} from './next-step.ts';
export {
  type Blocker,
  markOfRecord,
  type Parked,
  type ParkReason,
  type Position,
  type PositionStore,
} from './position-store.ts';
export {
  type AccountRecord,
  accountOf,
  causeOf,
  type DecodedRecord,
  decodeRecord,
  type EventRecord,
  envelopeOf,
  isEvent,
  namesAccount,
  type RecordType,
  sequenceOf,
  typeOf,
} from './records.ts';
export {
  createParkedAccountRetrier,
  type RetryDeps,
  type RetryOutcome,
  type RetryParked,
} from './retry-parked.ts';
