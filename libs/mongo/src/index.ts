export { createBatchedReader } from './batch-reads.ts';
export { createDocumentTarget } from './document-target.ts';
export { guardMongo, isLostRace, MongoFailure, retryLostRace } from './failures.ts';
export { ensureIndexes, type Index } from './indexes.ts';
export {
  createMongoKeyFingerprints,
  type FingerprintDocument,
  fingerprintsIn,
  keyFingerprintTarget,
} from './key-fingerprints.ts';
export { createMongoLeaseRecords, type LeaseDocument } from './lease-records.ts';
export { modelOf, plainSchema } from './models.ts';
export { type MongoOptions, type MongoStore, openMongo } from './open.ts';
export { type Migration, type MongoSchema, prepareMongo } from './schema.ts';
