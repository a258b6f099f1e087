/**
 * Generates docs/openapi.json from a running system, with the routes of all services. With `--check`, only checks that
 * the existing file is up to date.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import { composeStandalone } from '../apps/standalone/src/compose.ts';
import { readStandaloneSettings } from '../apps/standalone/src/settings.ts';
import { writeOrCheckGeneratedFile } from './generated-file.ts';

async function describeIn(folder: string): Promise<unknown> {
  const config = readStandaloneSettings({
    LATCHKEY_ENV: 'development',
    DATA_DIR: folder,
    PORT: '0',
    // Use the default of production, so that the OpenAPI document states the limit of a production system.
    LIMIT_SIGNUPS_PER_IP: '20',
  });
  const logger = createLogger({ name: 'docs', level: 'silent' });
  const standalone = await composeStandalone(config, { logger, registry: createMetricsRegistry() });
  try {
    await standalone.start();
    const answer = await fetch(`${standalone.url}/docs/openapi.json`);
    return await answer.json();
  } finally {
    await standalone.stop();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'latchkey-docs-'));
try {
  writeOrCheckGeneratedFile(
    'docs/openapi.json',
    `${JSON.stringify(await describeIn(folder), undefined, 2)}\n`,
  );
} finally {
  await rm(folder, { recursive: true });
}
