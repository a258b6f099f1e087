import type { KeyFingerprints, LeaseRecords, Preparable } from '@latchkey/store';
import type { AuditLog } from './audit-log.ts';
import type { ErasureReceipts } from './erasure-receipts.ts';
import type { Erasures } from './erasures.ts';
import type { IdempotencyKeys } from './idempotency-keys.ts';
import type { Journal } from './journal.ts';
import type { KnownSignInSources } from './known-sources.ts';
import type { RateLimitRules, RateLimits } from './limits.ts';
import type { MigrationSource, MigrationTarget } from './migration.ts';
import type { Outbox } from './outbox.ts';
import type { PersonalDataEraser } from './personal-data.ts';
import type { Registrations } from './registrations.ts';
import type { MailRequestQueue } from './requests.ts';
import type { Sessions } from './sessions.ts';
import type { Snapshots } from './snapshots.ts';
import type { StoredCommitReader } from './stored-commits.ts';
import type { TrustedAddresses } from './trusted-addresses.ts';

/** All of auth's stores within one database. */
export interface AuthStores extends Preparable {
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly registrations: Registrations;
  readonly erasures: Erasures;
  readonly erasureReceipts: ErasureReceipts;
  readonly personalData: PersonalDataEraser;
  readonly snapshots: Snapshots;
  readonly keyFingerprints: KeyFingerprints;
  readonly sessions: Sessions;
  readonly requests: MailRequestQueue;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly leases: LeaseRecords;
  readonly trustedAddresses: TrustedAddresses;
  readonly knownSources: KnownSignInSources;
  readonly storedCommits: StoredCommitReader;
  readonly auditLog: AuditLog;
  /** Reads all records, for `ops move`. Set if this kind of store can be moved from. */
  readonly source?: MigrationSource;
  /** Writes all records, for `ops move`. Set if this kind of store can be moved to. */
  readonly target?: MigrationTarget;
  /** Creates the rate limits. @param rules undefined disables all limits */
  limits(rules: RateLimitRules | undefined): RateLimits;
  /**
   * Releases the leases of the previous process, if the store allows only one process at a time. Otherwise a
   * no-op.
   */
  reclaim(): Promise<void>;
}
