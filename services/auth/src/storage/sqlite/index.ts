import { createSqliteKeyFingerprintStore, createSqliteLeaseRecords, type Database } from '@latchkey/sqlite';
import { noStorePreparation } from '@latchkey/store';
import type { AuthStores } from '../../ports/stores.ts';
import { unlimitedRateLimits } from '../limits.ts';
import { createSqliteAuditLog } from './audit-log.ts';
import { createSqliteErasureReceipts } from './erasure-receipts.ts';
import { createSqliteErasures } from './erasures.ts';
import { createSqliteIdempotencyKeys } from './idempotency-keys.ts';
import { createSqliteJournal } from './journal.ts';
import { createSqliteKnownSources } from './known-sources.ts';
import { createSqliteLimits } from './limits.ts';
import { createSqliteMigrationSource } from './migration-source.ts';
import { createSqliteOutbox } from './outbox.ts';
import { createSqlitePersonalData } from './personal-data.ts';
import { createSqliteRegistrations } from './registrations.ts';
import { createSqliteRequestQueue } from './requests.ts';
import { authSqliteSchema } from './schema.ts';
import { createSqliteSessions } from './sessions.ts';
import { createSqliteSnapshots } from './snapshots.ts';
import { createSqliteStoredCommits } from './stored-commits.ts';
import { createSqliteTrustedAddresses } from './trusted-addresses.ts';

/** Opens auth's stores in an embedded database. */
export function openSqliteAuthStores(database: Database): AuthStores {
  database.migrate(authSqliteSchema);
  const requests = createSqliteRequestQueue(database);
  const leases = createSqliteLeaseRecords(database, 'lease');
  return {
    ...noStorePreparation,
    journal: createSqliteJournal(database),
    outbox: createSqliteOutbox(database),
    registrations: createSqliteRegistrations(database),
    erasures: createSqliteErasures(database),
    erasureReceipts: createSqliteErasureReceipts(database),
    personalData: createSqlitePersonalData(database),
    snapshots: createSqliteSnapshots(database),
    keyFingerprints: createSqliteKeyFingerprintStore(database, 'journal_fingerprint'),
    sessions: createSqliteSessions(database),
    requests,
    idempotencyKeys: createSqliteIdempotencyKeys(database),
    leases,
    trustedAddresses: createSqliteTrustedAddresses(database),
    knownSources: createSqliteKnownSources(database),
    storedCommits: createSqliteStoredCommits(database),
    auditLog: createSqliteAuditLog(database),
    source: createSqliteMigrationSource(database),
    limits: (rules) => (rules ? createSqliteLimits(rules, database) : unlimitedRateLimits),
    async reclaim() {
      await Promise.all([leases.reclaim(), requests.reclaim()]);
    },
  };
}
