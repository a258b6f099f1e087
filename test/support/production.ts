/** Creates the settings with which a server that runs all services starts in production mode. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runUntilExit } from './standalone.ts';
import type { Settings } from './system.ts';

/**
 * Returns settings for production. The keys are in a temporary folder, and the mail server in the settings
 * does not exist.
 */
export async function createProductionSettings(t: {
  after(close: () => Promise<void>): void;
}): Promise<Settings> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-keys-'));
  t.after(() => rm(folder, { recursive: true }));
  const ended = await runUntilExit({}, { ops: ['secrets', folder] });
  assert.equal(ended.code, 0, ended.stderr);
  const keys = (await readdir(folder)).map((name) => [`${name}_FILE`, join(folder, name)] as const);
  return {
    LATCHKEY_ENV: 'production',
    PUBLIC_URL: 'https://accounts.example.com',
    MAIL_SERVER: '127.0.0.1',
    MAIL_PORT: '1',
    MAIL_FROM: 'no-reply@example.com',
    USE_CREDENTIALS: 'false',
    ...Object.fromEntries(keys),
  };
}
