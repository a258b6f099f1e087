import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '@latchkey/sqlite';
import { keyFingerprintsContract } from '@latchkey/store/testing/key-fingerprints';
import { openSqliteNotifierStorage } from './index.ts';

keyFingerprintsContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-keys-'));
  const store = openSqlite({ folder, as: 'server' });
  return {
    keyFingerprints: openSqliteNotifierStorage(store).keyFingerprints,
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
