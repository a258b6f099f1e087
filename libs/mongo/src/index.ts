export { createBatchedReader } from './batch-reads.ts';
export { createMongoDocumentMoveTarget } from './document-target.ts';
export {
  isConcurrentWriteError,
  MongoFailure,
  mapMongoErrors,
  mayHaveBeenWritten,
  retryOnConcurrentWrite,
  toMongoFailure,
} from './failures.ts';
export { ensureIndexes, type MongoIndex } from './indexes.ts';
export {
  createMongoKeyFingerprintMoveTarget,
  createMongoKeyFingerprintStore,
  type FingerprintDocument,
  getKeyFingerprintModel,
} from './key-fingerprints.ts';
export { createMongoLeaseRecords, type LeaseDocument } from './lease-records.ts';
export { createStrictMongooseSchema, getCollectionModel } from './models.ts';
export { type MongoOptions, type MongoStore, openMongo } from './open.ts';
export { createMongoStorePreparation, type MongoMigration, type MongoSchema } from './schema.ts';
