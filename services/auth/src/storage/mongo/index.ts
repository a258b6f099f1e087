import {
  createMongoKeyFingerprintStore,
  createMongoLeaseRecords,
  createMongoStorePreparation,
  type MongoIndex,
} from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { AuthStores } from '../../ports/stores.ts';
import { unlimitedRateLimits } from '../limits.ts';
import { auditIndexes, createMongoAuditLog } from './audit-log.ts';
import { commitIndexes } from './commits.ts';
import { scheduleErasureOfEndedRegistrations } from './ended-registrations.ts';
import { createMongoErasureReceipts, erasureIndexes } from './erasure-receipts.ts';
import { createMongoErasures } from './erasures.ts';
import { createMongoIdempotencyKeys, idempotencyKeyIndexes } from './idempotency-keys.ts';
import { createMongoJournal } from './journal.ts';
import { createMongoKnownSources } from './known-sources.ts';
import { createMongoLimits, limitIndexes } from './limits.ts';
import { createMongoMigrationTarget } from './migration-target.ts';
import { assertNoMoveInProgress, KEY_FINGERPRINTS_COLLECTION } from './moves.ts';
import { createMongoOutbox } from './outbox.ts';
import { createMongoPersonalData } from './personal-data.ts';
import { createMongoRegistrations } from './registrations.ts';
import { createMongoRequestQueue } from './requests.ts';
import { createMongoSessions, sessionIndexes } from './sessions.ts';
import { createMongoSnapshots } from './snapshots.ts';
import { AUTH_LEASES_COLLECTION, createMongoStoredCommits } from './stored-commits.ts';
import { createMongoTrustedAddresses, trustedIpIndexes } from './trusted-addresses.ts';

/** The MongoDB indexes of auth's collections. */
export const authIndexes: readonly MongoIndex[] = [
  ...commitIndexes,
  ...sessionIndexes,
  ...limitIndexes,
  ...idempotencyKeyIndexes,
  ...trustedIpIndexes,
  ...auditIndexes,
  ...erasureIndexes,
];

/** Opens auth's stores in a MongoDB database. */
export function openMongoAuthStores(connection: Connection): AuthStores {
  return {
    ...createMongoStorePreparation(connection, {
      owner: 'auth',
      migrations: [scheduleErasureOfEndedRegistrations],
      indexes: async () => authIndexes,
    }),
    journal: createMongoJournal(connection),
    outbox: createMongoOutbox(connection),
    registrations: createMongoRegistrations(connection),
    erasures: createMongoErasures(connection),
    erasureReceipts: createMongoErasureReceipts(connection),
    personalData: createMongoPersonalData(connection),
    snapshots: createMongoSnapshots(connection),
    keyFingerprints: createMongoKeyFingerprintStore(connection, KEY_FINGERPRINTS_COLLECTION, () =>
      assertNoMoveInProgress(connection),
    ),
    sessions: createMongoSessions(connection),
    requests: createMongoRequestQueue(connection),
    idempotencyKeys: createMongoIdempotencyKeys(connection),
    leases: createMongoLeaseRecords(connection, AUTH_LEASES_COLLECTION),
    trustedAddresses: createMongoTrustedAddresses(connection),
    knownSources: createMongoKnownSources(connection),
    storedCommits: createMongoStoredCommits(connection),
    auditLog: createMongoAuditLog(connection),
    target: createMongoMigrationTarget(connection),
    limits: (rules) => (rules ? createMongoLimits(rules, connection) : unlimitedRateLimits),
    reclaim: async () => undefined,
  };
}
