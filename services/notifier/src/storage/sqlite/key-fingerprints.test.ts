import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '@latchkey/sqlite';
import { refuseTableScans } from '@latchkey/sqlite/testing';
import { keyFingerprintsContract } from '@latchkey/store/testing/key-fingerprints';
import { openSqliteNotifierStorage } from './index.ts';

const allowed = [{ plan: /^SCAN notifier_keys\b/, because: 'each setting with keys has one row' }];

keyFingerprintsContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-keys-'));
  const store = openSqlite({ folder, as: 'server' });
  return {
    keyFingerprints: openSqliteNotifierStorage({ database: refuseTableScans(store.database, allowed) })
      .keyFingerprints,
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
