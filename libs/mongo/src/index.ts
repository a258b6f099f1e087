export { createBatchedReader } from './batch-reads.ts';
export { createDocumentMoveTarget } from './document-target.ts';
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
  createKeyFingerprintMoveTarget,
  createMongoKeyFingerprintStore,
  type FingerprintDocument,
  getKeyFingerprintModel,
} from './key-fingerprints.ts';
export { createMongoLeaseRecords, type LeaseDocument } from './lease-records.ts';
export { createPlainSchema, getCollectionModel } from './models.ts';
export { type MongoOptions, type MongoStore, openMongo } from './open.ts';
export { createMongoStorePreparation, type MongoMigration, type MongoSchema } from './schema.ts';
