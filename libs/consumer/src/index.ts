export {
  type AuthenticatedSlice,
  createRecordAuthenticator,
  createRecordFilter,
  type ForgedRecord,
  type RecordAuthenticator,
  type RecordAuthenticatorOptions,
  type SignaturePolicy,
} from './authenticate.ts';
export { type CatchUp, createCatchUp } from './catch-up.ts';
export { hashAt, headAfter, positionAfter } from './chain-head.ts';
export {
  createFixedEventKeySource,
  createRemoteEventKeySource,
  type EventKeySource,
  EventKeysUnavailable,
} from './event-key-source.ts';
export { distinctAccounts, type FoldedRecord, foldSlice, type SliceOutcome } from './fold-slice.ts';
export { createMemoryPositions } from './memory-positions.ts';
export {
  type ApplyEvent,
  decideNextStep,
  type FirstEventRule,
  isRefusedEvent,
  type NextStep,
  parkMarkToRetry,
  type RecordOutcome,
  type RefusedEvent,
} from './next-step.ts';
export {
  type Blocker,
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
export { createVerifiedProofs, type VerifiedProofs } from './verified-proofs.ts';
