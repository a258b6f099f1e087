export type { ClockReading, ClockReadingStore } from './clock-readings.ts';
export type { DataFile, ErasedDataRemnants } from './data-file.ts';
export { DiskFullError } from './disk-full.ts';
export { type AsyncPort, mapPortErrors } from './guard-port.ts';
export type { KeyFingerprintStore, StoredKeyUses } from './key-fingerprints.ts';
export {
  type ConfiguredKeys,
  formatKeyUses,
  type KeyUse,
  parseKeyUses,
  removeKeyUse,
  updateKeyUsesAtStartup,
} from './key-uses.ts';
export { createLeaseWatch, type HeldLease, type LeaseWatch } from './lease-watch.ts';
export { createLeases, type LeaseRecords, type Leases } from './leases.ts';
export { createRecordMove, type MoveSource, type MoveTarget, type RecordMove } from './movable.ts';
export type { OpenedStore, StoredRecord } from './open-store.ts';
export { readAllPages } from './pages.ts';
export {
  noStorePreparation,
  SchemaError,
  type StorageRequirement,
  type StorePreparation,
} from './preparable.ts';
export { StoreMisconfigured } from './store-misconfigured.ts';
export { StoreUnavailable } from './store-unavailable.ts';
export { disableTimeBudget, runWithTimeBudget } from './time-budget.ts';
