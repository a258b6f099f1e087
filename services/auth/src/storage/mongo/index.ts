import {
  createMongoKeyFingerprints,
  createMongoLeaseRecords,
  type Index,
  prepareMongo,
} from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { Stores } from '../../ports/stores.ts';
import { noopLimits } from '../limits.ts';
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
import { assertNotMoving, FINGERPRINTS_COLLECTION } from './moves.ts';
import { createMongoOutbox } from './outbox.ts';
import { createMongoPersonalData } from './personal-data.ts';
import { createMongoRegistrations } from './registrations.ts';
import { createMongoRequestQueue } from './requests.ts';
import { createMongoSessions, sessionIndexes } from './sessions.ts';
import { createMongoSnapshots } from './snapshots.ts';
import { createMongoStoredCommits, LEASES_COLLECTION } from './stored-commits.ts';
import { createMongoTrustedAddresses, trustedAddressIndexes } from './trusted-addresses.ts';

/** The MongoDB indexes of auth's collections. */
export const authIndexes: readonly Index[] = [
  ...commitIndexes,
  ...sessionIndexes,
  ...limitIndexes,
  ...idempotencyKeyIndexes,
  ...trustedAddressIndexes,
  ...auditIndexes,
  ...erasureIndexes,
];

/** Opens auth's stores in a MongoDB database. */
export function openMongoStores(connection: Connection): Stores {
  return {
    ...prepareMongo(connection, {
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
    keyFingerprints: createMongoKeyFingerprints(connection, FINGERPRINTS_COLLECTION, () =>
      assertNotMoving(connection),
    ),
    sessions: createMongoSessions(connection),
    requests: createMongoRequestQueue(connection),
    idempotencyKeys: createMongoIdempotencyKeys(connection),
    leases: createMongoLeaseRecords(connection, LEASES_COLLECTION),
    trustedAddresses: createMongoTrustedAddresses(connection),
    knownSources: createMongoKnownSources(connection),
    storedCommits: createMongoStoredCommits(connection),
    auditLog: createMongoAuditLog(connection),
    target: createMongoMigrationTarget(connection),
    limits: (rules) => (rules ? createMongoLimits(rules, connection) : noopLimits),
    reclaim: async () => undefined,
  };
}
