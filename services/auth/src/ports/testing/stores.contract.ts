import { leaseRecordsContract } from '@latchkey/store/testing';
import { keyFingerprintsContract } from '@latchkey/store/testing/key-fingerprints';
import { auditLogContract } from './audit-log.contract.ts';
import { erasureReceiptsContract } from './erasure-receipts.contract.ts';
import { erasuresContract } from './erasures.contract.ts';
import { idempotencyKeysContract } from './idempotency-keys.contract.ts';
import { journalContract } from './journal.contract.ts';
import { knownSourcesContract } from './known-sources.contract.ts';
import { limitsContract } from './limits.contract.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';
import { outboxContract } from './outbox.contract.ts';
import { personalDataContract } from './personal-data.contract.ts';
import { registrationsContract } from './registrations.contract.ts';
import { requestsContract } from './requests.contract.ts';
import { sessionsContract } from './sessions.contract.ts';
import { snapshotsContract } from './snapshots.contract.ts';
import { trustedAddressesContract } from './trusted-addresses.contract.ts';

/** Defines the tests that every kind of auth's stores must pass. */
export function storesContract(name: string, open: OpenEmptyStores): void {
  journalContract(name, open);
  outboxContract(name, open);
  registrationsContract(name, open);
  snapshotsContract(name, open);
  erasuresContract(name, open);
  erasureReceiptsContract(name, open);
  personalDataContract(name, open);
  keyFingerprintsContract(name, async () => {
    const { stores, close } = await open();
    return { keyFingerprints: stores.keyFingerprints, close };
  });
  sessionsContract(name, open);
  requestsContract(name, open);
  idempotencyKeysContract(name, open);
  limitsContract(name, open);
  trustedAddressesContract(name, open);
  auditLogContract(name, open);
  knownSourcesContract(name, open);
  leaseRecordsContract(name, async () => {
    const { stores, close } = await open();
    return { leases: stores.leases, close };
  });
}
