export { applySlice, distinctAccountIds, type RecordWithOutcome, type SliceOutcome } from './apply-slice.ts';
export {
  type AuthenticatedSlice,
  createGenuineRecordFilter,
  createRecordAuthenticator,
  type ForgedRecord,
  type RecordAuthenticator,
  type RecordAuthenticatorOptions,
  type SignaturePolicy,
} from './authenticate.ts';
export { computeHeadAfterEvent, computePositionAfterEvent, lastEventHashOf } from './chain-head.ts';
export {
  createFixedEventKeySource,
  createRemoteEventKeySource,
  type EventKeySource,
  EventKeysUnavailable,
} from './event-key-source.ts';
export { createMemoryPositionStore } from './memory-positions.ts';
export {
  type ApplyEvent,
  decideNextStep,
  type EventRefusal,
  type FirstEventRule,
  findParkMarkToRetry,
  isEventRefusal,
  type NextRecordStep,
  type RecordOutcome,
} from './next-step.ts';
export { createParkedEventSorter, type ParkedEventSorter } from './parked-event-sorter.ts';
export {
  type AccountBlocker,
  createParkMark,
  type Parked,
  type ParkReason,
  type Position,
  type PositionStore,
} from './position-store.ts';
export {
  type AccountRecord,
  accountOf,
  type ChainLink,
  type DecodedRecord,
  decodeFailureOf,
  decodeRecord,
  type EventRecord,
  envelopeOf,
  isAccountRecord,
  isEventRecord,
  type RecordType,
  recordTypeOf,
  sequenceOf,
} from './records.ts';
export {
  createParkedAccountRetrier,
  type ParkedAccountRetrier,
  type ParkedAccountRetrierDeps,
  type RetryOutcome,
} from './retry-parked.ts';
export { createVerifiedProofCache, type VerifiedProofCache } from './verified-proofs.ts';
