import { createTestDatabase } from '@latchkey/mongo/testing';
import { keyFingerprintsContract } from '@latchkey/store/testing/key-fingerprints';
import { openMongoNotifierStorage } from './index.ts';

const database = createTestDatabase(
  'notifier-keys',
  [],
  [{ query: /^find notifier_keys \{ {2}\}$/, because: 'each setting with keys has one document' }],
);

keyFingerprintsContract('mongo', async () => {
  const { connection } = await database.empty();
  return {
    keyFingerprints: openMongoNotifierStorage({ connection }).keyFingerprints,
    close: async () => undefined,
  };
});
