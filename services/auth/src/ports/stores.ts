import type { KeyFingerprintStore, LeaseRecords, StorePreparation } from '@latchkey/store';
import type { AuditLog } from './audit-log.ts';
import type { ErasureReceiptStore } from './erasure-receipts.ts';
import type { ScheduledErasureStore } from './erasures.ts';
import type { IdempotencyKeyStore } from './idempotency-keys.ts';
import type { Journal } from './journal.ts';
import type { KnownSignInSourceStore } from './known-sources.ts';
import type { RateLimitRules, RateLimits } from './limits.ts';
import type { MigrationSource, MigrationTarget } from './migration.ts';
import type { Outbox } from './outbox.ts';
import type { PersonalDataEraser } from './personal-data.ts';
import type { OpenRegistrationStore } from './registrations.ts';
import type { MailRequestQueue } from './requests.ts';
import type { SessionStore } from './sessions.ts';
import type { SnapshotStore } from './snapshots.ts';
import type { StoredCommitReader } from './stored-commits.ts';
import type { TrustedAddressStore } from './trusted-addresses.ts';

/** All of auth's stores within one database. */
export interface AuthStores extends StorePreparation {
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly registrations: OpenRegistrationStore;
  readonly erasures: ScheduledErasureStore;
  readonly erasureReceipts: ErasureReceiptStore;
  readonly personalData: PersonalDataEraser;
  readonly snapshots: SnapshotStore;
  readonly keyFingerprints: KeyFingerprintStore;
  readonly sessions: SessionStore;
  readonly requests: MailRequestQueue;
  readonly idempotencyKeys: IdempotencyKeyStore;
  readonly leases: LeaseRecords;
  readonly trustedAddresses: TrustedAddressStore;
  readonly knownSources: KnownSignInSourceStore;
  readonly storedCommits: StoredCommitReader;
  readonly auditLog: AuditLog;
  /** Reads all records, for `ops move`. Set if `ops move` can move records from this kind of store. */
  readonly source?: MigrationSource;
  /** Writes all records, for `ops move`. Set if `ops move` can move records to this kind of store. */
  readonly target?: MigrationTarget;
  /**
   * Creates the rate limits.
   * @param rules the rules of the limits; undefined disables all limits
   */
  limits(rules: RateLimitRules | undefined): RateLimits;
  /**
   * If the store allows only one process at a time, releases the leases that the previous process held when
   * it ended. Otherwise does nothing.
   */
  reclaim(): Promise<void>;
}
