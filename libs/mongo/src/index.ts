export { createBatchedReader } from './batch-reads.ts';
export { createDocumentMoveTarget } from './document-target.ts';
export {
  isLostRaceError,
  MongoFailure,
  mapMongoErrors,
  mayHaveWritten,
  mongoFailureOf,
  retryLostRace,
} from './failures.ts';
export { ensureIndexes, type Index } from './indexes.ts';
export {
  createKeyFingerprintMoveTarget,
  createMongoKeyFingerprints,
  type FingerprintDocument,
  keyFingerprintModelOf,
} from './key-fingerprints.ts';
export { createMongoLeaseRecords, type LeaseDocument } from './lease-records.ts';
export { createPlainSchema, modelOfCollection } from './models.ts';
export { type MongoOptions, type MongoStore, openMongo } from './open.ts';
export { type Migration, type MongoSchema, prepareMongo } from './schema.ts';
