import { leaseRecordsContract } from '@latchkey/store/testing';
import { keyFingerprintsContract } from '@latchkey/store/testing/key-fingerprints';
import { defineAuditLogContractTests } from './audit-log.contract.ts';
import { defineErasureReceiptsContractTests } from './erasure-receipts.contract.ts';
import { defineErasuresContractTests } from './erasures.contract.ts';
import { defineIdempotencyKeysContractTests } from './idempotency-keys.contract.ts';
import { defineJournalContractTests } from './journal.contract.ts';
import { defineKnownSourcesContractTests } from './known-sources.contract.ts';
import { defineLimitsContractTests } from './limits.contract.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';
import { defineOutboxContractTests } from './outbox.contract.ts';
import { definePersonalDataContractTests } from './personal-data.contract.ts';
import { defineRegistrationsContractTests } from './registrations.contract.ts';
import { defineRequestsContractTests } from './requests.contract.ts';
import { defineSessionsContractTests } from './sessions.contract.ts';
import { defineSnapshotsContractTests } from './snapshots.contract.ts';
import { defineTrustedAddressesContractTests } from './trusted-addresses.contract.ts';

/** Defines the tests that every kind of auth's stores must pass. */
export function defineStoresContractTests(name: string, open: OpenEmptyStores): void {
  defineJournalContractTests(name, open);
  defineOutboxContractTests(name, open);
  defineRegistrationsContractTests(name, open);
  defineSnapshotsContractTests(name, open);
  defineErasuresContractTests(name, open);
  defineErasureReceiptsContractTests(name, open);
  definePersonalDataContractTests(name, open);
  keyFingerprintsContract(name, async () => {
    const { stores, close } = await open();
    return { keyFingerprints: stores.keyFingerprints, close };
  });
  defineSessionsContractTests(name, open);
  defineRequestsContractTests(name, open);
  defineIdempotencyKeysContractTests(name, open);
  defineLimitsContractTests(name, open);
  defineTrustedAddressesContractTests(name, open);
  defineAuditLogContractTests(name, open);
  defineKnownSourcesContractTests(name, open);
  leaseRecordsContract(name, async () => {
    const { stores, close } = await open();
    return { leases: stores.leases, close };
  });
}
