import type { Database } from '@latchkey/sqlite';
import { nothingToPrepare } from '@latchkey/store';
import type { Stores } from '../../ports/stores.ts';
import { unlimited } from '../limits.ts';
import { createSqliteIdempotencyKeys } from './idempotency-keys.ts';
import { createSqliteJournal } from './journal.ts';
import { createSqliteKeyFingerprints } from './key-fingerprints.ts';
import { createSqliteLeases } from './leases.ts';
import { createMemoryLimits } from './limits.ts';
import { createSqliteMigrationSource } from './migration-source.ts';
import { createSqliteOutbox } from './outbox.ts';
import { createSqliteRegistrations } from './registrations.ts';
import { createSqliteRequests } from './requests.ts';
import { schema } from './schema.ts';
import { createSqliteSessions } from './sessions.ts';
import { createSqliteSnapshots } from './snapshots.ts';
import { createSqliteStoredCommits } from './stored-commits.ts';
import { createMemoryTrustedAddresses } from './trusted-addresses.ts';

/** Opens auth's part of the embedded store. */
export function openSqliteStores(database: Database): Stores {
  database.migrate(schema);
  const requests = createSqliteRequests(database);
  const leases = createSqliteLeases(database);
  return {
    ...nothingToPrepare,
    journal: createSqliteJournal(database),
    outbox: createSqliteOutbox(database),
    registrations: createSqliteRegistrations(database),
    snapshots: createSqliteSnapshots(database),
    keyFingerprints: createSqliteKeyFingerprints(database),
    sessions: createSqliteSessions(database),
    requests,
    idempotencyKeys: createSqliteIdempotencyKeys(database),
    leases,
    trustedAddresses: createMemoryTrustedAddresses(),
    storedCommits: createSqliteStoredCommits(database),
    source: createSqliteMigrationSource(database),
    limits: (rules) => (rules ? createMemoryLimits(rules) : unlimited),
    async reclaim() {
      await Promise.all([leases.reclaim(), requests.reclaim()]);
    },
  };
}
