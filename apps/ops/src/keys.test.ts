import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateSecrets } from '@latchkey/auth/secrets';
import { generateDkimKey } from '@latchkey/notifier/ops';
import { temporaryFolder } from '../../standalone/src/testing.ts';
import { writeEnvFile } from './keys.ts';

test('a file with the same keys is kept, and one with another key is refused, even if few systems have it', async (t) => {
  const path = join(await temporaryFolder(t), 'cluster.env');
  const keys = { ...generateSecrets(), MAIL_BOUNCE_KEY: 'former', MAIL_DKIM_PRIVATE_KEY: generateDkimKey() };
  await writeEnvFile(path, keys);
  await writeEnvFile(path, keys);
  const changed = { ...keys, MAIL_BOUNCE_KEY: 'current' };
  await assert.rejects(writeEnvFile(path, changed), /exists and contains something else/);
});
