export { createBatchedReader } from './batch-reads.ts';
export { createDocumentMoveTarget } from './document-target.ts';
export {
  isConcurrentWriteError,
  MongoFailure,
  mapMongoErrors,
  mayHaveBeenWritten,
  mongoFailureOf,
  retryOnConcurrentWrite,
} from './failures.ts';
export { ensureIndexes, type MongoIndex } from './indexes.ts';
export {
  createKeyFingerprintMoveTarget,
  createMongoKeyFingerprints,
  type FingerprintDocument,
  keyFingerprintModelOf,
} from './key-fingerprints.ts';
export { createMongoLeaseRecords, type LeaseDocument } from './lease-records.ts';
export { createPlainSchema, modelOfCollection } from './models.ts';
export { type MongoOptions, type MongoStore, openMongo } from './open.ts';
export { createMongoPreparable, type MongoMigration, type MongoSchema } from './schema.ts';
