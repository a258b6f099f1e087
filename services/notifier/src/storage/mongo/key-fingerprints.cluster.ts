import { createTestDatabase } from '@latchkey/mongo/testing';
import { keyFingerprintsContract } from '@latchkey/store/testing/key-fingerprints';
import { openMongoStorage } from './index.ts';

const database = createTestDatabase('notifier-keys', []);

keyFingerprintsContract('mongo', async () => {
  const { connection } = await database.empty();
  return { keyFingerprints: openMongoStorage({ connection }).keyFingerprints, close: async () => undefined };
});
