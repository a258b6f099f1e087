import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateSecrets } from '@latchkey/auth/secrets';
import { generateDkimKey } from '@latchkey/notifier/ops';
import { createTemporaryFolder } from '../../standalone/src/testing.ts';
import { writeKeysToEnvFile } from './keys.ts';

test('a file with the same keys is kept, and one with another key is refused, even if few systems have it', async (t) => {
  const path = join(await createTemporaryFolder(t), 'cluster.env');
  const keys = { ...generateSecrets(), MAIL_BOUNCE_KEY: 'former', MAIL_DKIM_PRIVATE_KEY: generateDkimKey() };
  await writeKeysToEnvFile(path, keys);
  await writeKeysToEnvFile(path, keys);
  const changed = { ...keys, MAIL_BOUNCE_KEY: 'current' };
  await assert.rejects(writeKeysToEnvFile(path, changed), /exists and contains something else/);
});
