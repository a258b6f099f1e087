import type { LeaseRecords, Preparable } from '@latchkey/store';
import type { IdempotencyKeys } from './idempotency-keys.ts';
import type { Journal } from './journal.ts';
import type { KeyFingerprints } from './key-fingerprints.ts';
import type { LimitRules, Limits } from './limits.ts';
import type { MigrationSource, MigrationTarget } from './migration.ts';
import type { Outbox } from './outbox.ts';
import type { Registrations } from './registrations.ts';
import type { Requests } from './requests.ts';
import type { Sessions } from './sessions.ts';
import type { Snapshots } from './snapshots.ts';
import type { StoredCommits } from './stored-commits.ts';
import type { TrustedAddresses } from './trusted-addresses.ts';

/** Everything that auth keeps in one store. */
export interface Stores extends Preparable {
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly registrations: Registrations;
  readonly snapshots: Snapshots;
  readonly keyFingerprints: KeyFingerprints;
  readonly sessions: Sessions;
  readonly requests: Requests;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly leases: LeaseRecords;
  readonly trustedAddresses: TrustedAddresses;
  readonly storedCommits: StoredCommits;
  /** Set if records can be moved from this kind of store. */
  readonly source?: MigrationSource;
  /** Set if records can be moved into this kind of store. */
  readonly target?: MigrationTarget;
  /** @param rules without rules nothing is limited */
  limits(rules: LimitRules | undefined): Limits;
  /** Releases the leases of a former process, if the store has only one process at a time. */
  reclaim(): Promise<void>;
}
